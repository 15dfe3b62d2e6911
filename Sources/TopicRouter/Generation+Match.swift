extension Generation {
    /// Calls `body` once for each filter on `bus` that matches `topic`, with its subscribers.
    @inline(__always)
    func match(
        bus: UInt32,
        topic: UnsafeRawPointer,
        byteCount: Int,
        scratch: MatchScratch,
        _ body: (Span<SubscriberID>) -> Void
    ) {
        let hash = keys.whole(topic, byteCount, bus: bus)
        let home = topics.home(hash)
        guard !hasOthers else {
            return matchAll(
                bus: bus,
                topic: topic,
                byteCount: byteCount,
                hash: hash,
                home: home,
                scratch: scratch,
                body
            )
        }
        if let record = find(.topic, owner: bus, topic, byteCount, hash, home, in: topics) {
            report(record, scratch, body)
        }
    }

    /// Calls `body` for the filter that is the topic, and for filters with wildcards.
    ///
    /// What to look for is found out for all of them first, so that the processor waits for the memory of all
    /// at once.
    @inline(never)
    private func matchAll(
        bus: UInt32,
        topic: UnsafeRawPointer,
        byteCount: Int,
        hash: UInt64,
        home: UInt64,
        scratch: MatchScratch,
        _ body: (Span<SubscriberID>) -> Void
    ) {
        let busRecord = findBus(bus).map { self[$0] }
        let search = busRecord.flatMap { prepareSearch(on: $0, topic: topic, byteCount, scratch) }
        if let record = find(.topic, owner: bus, topic, byteCount, hash, home, in: topics) {
            report(record, scratch, body)
        }
        if let search {
            matchShapes(search, bus: bus, topic: topic, byteCount: byteCount, scratch: scratch, body)
        }
        if let trie = busRecord?.trie, trie != 0 {
            matchTrie(trie, topic: topic, byteCount: byteCount, scratch: scratch, body)
        }
    }

    /// The hash of a topic's first level.
    @inline(__always)
    private func firstLevel(_ topic: UnsafeRawPointer, _ byteCount: Int) -> UInt64 {
        var walk = LevelWalk(topic, byteCount)
        return walk.next(keys, 0)
    }

    @inline(__always)
    func report(_ record: UInt32, _ scratch: MatchScratch, _ body: (Span<SubscriberID>) -> Void) {
        let word = self[record].subscribers
        if word.list == 0 {
            scratch.subscriber.initialize(to: SubscriberID(rawValue: word.low))
            body(Span(_unsafeStart: UnsafePointer(scratch.subscriber), count: 1))
        } else {
            let ids = self[word.list].base + SubscriberWord.idsOffset
            body(
                Span(_unsafeStart: ids.assumingMemoryBound(to: SubscriberID.self), count: Int(word.low))
            )
        }
    }

    /// The filters to look for: one of each shape that the topic can have.
    ///
    /// Their hashes, and the words at the homes of these, are in the scratch memory.
    private struct Search {
        let probes: UnsafeMutablePointer<Probe>
        let probeCount: Int
        /// The topic's, or one more than any shape has.
        let levelCount: Int
    }

    /// Finds out what to look for.
    ///
    /// A shape is passed over without a look into the table when the level of the topic that would be the
    /// filter's first text is that of no filter: somebody's useless shapes cost the others little.
    ///
    /// - Returns: `nil` when no filter with a shape can match.
    @inline(__always)
    private func prepareSearch(
        on busRecord: Record,
        topic: UnsafeRawPointer,
        _ byteCount: Int,
        _ scratch: MatchScratch
    ) -> Search? {
        let number = busRecord.plan
        guard number != 0 else { return nil }
        let plan = ProbePlan(base: self[number].base)
        guard plan.firstTextLevelMax > 0 || busRecord.mayHaveFirst(firstLevel(topic, byteCount)) else {
            return nil
        }
        // Once, not after each store that might be to the same place.
        let keys = keys
        let others = others
        let levelCount = scratch.read(
            topic,
            byteCount,
            levelCountMax: plan.levelCountMax &+ 1,
            seed: keys.bus(busRecord.owner),
            keys: keys
        )
        let (probes, probeCount) = plan.probes(levelCount)
        var unknownLevels: UInt64 = 0
        if plan.firstTextLevelMax > 0 {
            for level in 0..<min(levelCount, Shape.noLevel)
            where !busRecord.mayHaveFirst(scratch.levels[level]) {
                unknownLevels |= 1 &<< UInt64(truncatingIfNeeded: level)
            }
        }
        for number in 0..<probeCount {
            let probe = probes + number
            guard unknownLevels &>> UInt64(probe.pointee.firstTextLevel) & 1 == 0 else {
                scratch.homes[number] = 0
                continue
            }
            var hash = scratch.prefixes[Int(probe.pointee.levelCount)] &+ probe.pointee.addend
            var pluses = probe.pointee.pluses
            while pluses != 0 {
                hash &-= scratch.levels[pluses.trailingZeroBitCount]
                pluses &= pluses &- 1
            }
            scratch.hashes[number] = hash
            scratch.homes[number] = others.home(hash)
        }
        return Search(probes: probes, probeCount: probeCount, levelCount: levelCount)
    }

    /// Looks for what was prepared.
    @inline(__always)
    private func matchShapes(
        _ search: Search,
        bus: UInt32,
        topic: UnsafeRawPointer,
        byteCount: Int,
        scratch: MatchScratch,
        _ body: (Span<SubscriberID>) -> Void
    ) {
        let others = others
        let records = parts.pointee.records
        let hidesWildcards = topic.load(as: UInt8.self) == .dollar
        for number in 0..<search.probeCount where scratch.homes[number] != 0 {
            let probe = search.probes + number
            let record = others.find(scratch.hashes[number], scratch.homes[number]) {
                Record(records + Int($0) << 3).isFilter(
                    of: probe,
                    bus: bus,
                    matching: topic,
                    byteCount,
                    search.levelCount,
                    scratch
                )
            }
            if let record, !(hidesWildcards && probe.pointee.startsWithWildcard) {
                report(record, scratch, body)
            }
        }
    }
}

extension Record {
    /// Whether this is a filter of the shape on the bus whose levels, but for wildcards, are the topic's.
    @inline(__always)
    fileprivate func isFilter(
        of probe: UnsafeMutablePointer<Probe>,
        bus: UInt32,
        matching topic: UnsafeRawPointer,
        _ topicByteCount: Int,
        _ topicLevelCount: Int,
        _ scratch: MatchScratch
    ) -> Bool {
        let wanted = Record.header(.shaped, owner: bus, byteCount: 0)
        guard header & 0x7_FFFF_FFFF == wanted else { return false }
        let filter = UnsafeRawPointer(filterBytes)
        let pluses = probe.pointee.pluses
        let levelCount = Int(probe.pointee.levelCount)
        var position = 0
        var level = 0
        while level < levelCount {
            if pluses >> UInt64(level) & 1 != 0 {
                guard position < byteCount,
                    filter.load(fromByteOffset: position, as: UInt8.self) == .singleLevelWildcard
                else { return false }
                position &+= 2
                level &+= 1
                continue
            }
            // As many levels at once as stand between two wildcards.
            let rest = pluses >> UInt64(level)
            let next = rest == 0 ? levelCount : level &+ rest.trailingZeroBitCount
            let start = scratch.starts[level]
            let end = next < topicLevelCount ? scratch.starts[next] &- 1 : topicByteCount
            guard position &+ end &- start <= byteCount,
                (filter + position).hasSameFewBytes(as: topic + start, end &- start)
            else { return false }
            position &+= end &- start &+ 1
            level = next
        }
        guard probe.pointee.isOpen else { return position == byteCount &+ 1 }
        return position &+ 1 == byteCount
            && filter.load(fromByteOffset: position, as: UInt8.self) == .multiLevelWildcard
    }
}
