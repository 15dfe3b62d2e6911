import Broker
import NIOCore
import Store

/// The spool's file: what it is to keep and to forget, and what comes back from it.
extension UplinkSpool {
    /// What the writer and the index owe each other.
    struct FileState {
        /// What is to be written, by position.
        fileprivate var unwritten: [Int64: SpooledMessage] = [:]
        fileprivate var unwrittenBytes = 0
        /// The bytes of what is being written.
        fileprivate var writingBytes = 0
        /// Whose rows are to go.
        fileprivate var forgotten: Set<Int64> = []
        /// Messages that were dropped and whose bodies are in the file only, with the reasons: they are to be
        /// told before their rows go.
        fileprivate var discarded: [Int64: String] = [:]
        /// Whether somebody waits for what is unwritten.
        fileprivate var isAwaited = false
        fileprivate var isLoading = false
        /// Waiting messages whose bodies are in memory.
        fileprivate(set) var loadedCount = 0
        fileprivate var loadedBytes = 0
        /// Waiting messages whose bodies are in the file only.
        fileprivate(set) var unloadedCount = 0
        /// Why the file could not be written the last time.
        fileprivate(set) var writeFailure: String?
        /// Why it could not be read the last time.
        fileprivate(set) var readFailure: String?
    }

    /// What there is for the writer to do.
    struct Demand: OptionSet {
        let rawValue: Int

        /// There is something to write, or to tell.
        static let changes = Demand(rawValue: 1)
        /// Somebody waits for it.
        static let awaited = Demand(rawValue: 2)
        /// The next messages are to be read.
        static let page = Demand(rawValue: 4)
    }

    var demand: Demand {
        guard self.hasFile else { return [] }
        var demand: Demand = []
        if !self.file.unwritten.isEmpty || !self.file.forgotten.isEmpty || !self.file.discarded.isEmpty {
            demand.insert(.changes)
        }
        if self.file.isAwaited { demand.insert(.awaited) }
        if self.wantsPage { demand.insert(.page) }
        return demand
    }

    /// How many bodies are in memory.
    var loadedCount: Int { self.file.loadedCount + self.inFlight.count }

    /// What is to be written now: `didWrite` or `didFail` follows.
    mutating func takeChanges() -> SpoolChanges {
        let changes = SpoolChanges(
            kept: self.file.unwritten.values.sorted { $0.position < $1.position },
            forgotten: Array(self.file.forgotten)
        )
        self.file.unwritten.removeAll(keepingCapacity: true)
        self.file.forgotten.removeAll(keepingCapacity: true)
        self.file.writingBytes = self.file.unwrittenBytes
        self.file.unwrittenBytes = 0
        self.file.isAwaited = false
        return changes
    }

    /// The changes are in the file: bodies that are not needed soon leave the memory, and all of them once
    /// others before them had to.
    mutating func didWrite(_ changes: SpoolChanges) {
        self.file.writingBytes = 0
        self.file.writeFailure = nil
        // The last ones first: the first ones are sent first.
        let hasUnloaded = self.file.unloadedCount > 0
        for message in changes.kept.reversed() where hasUnloaded || self.isMemoryFull {
            guard let (lane, index) = self.place(of: message) else { continue }
            self.didLeave(self.lanes[lane].entries[index])
            self.lanes[lane].setBody(nil, at: index)
            self.didEnter(self.lanes[lane].entries[index])
        }
    }

    /// The changes could not be written: they wait on, unless later ones have undone them.
    mutating func didFail(_ changes: SpoolChanges, because reason: String) {
        self.file.writingBytes = 0
        self.file.writeFailure = reason
        self.file.isAwaited = false
        self.file.forgotten.formUnion(changes.forgotten)
        for message in changes.kept
        where self.place(of: message) != nil || self.inFlight.contains(where: { $0.body === message }) {
            self.file.unwritten[message.position] = message
            self.file.unwrittenBytes += message.byteCount
        }
    }

    /// Dropped messages that are to be read from the file and told; `didTell` follows.
    mutating func takeDiscarded() -> [Int64: String] {
        var taken: [Int64: String] = [:]
        for (position, reason) in self.file.discarded.prefix(self.limits.pageCount) {
            taken[position] = reason
            self.file.discarded[position] = nil
        }
        return taken
    }

    /// The messages were told, or never will be.
    mutating func didTell(_ discarded: [Int64: String]) {
        self.file.forgotten.formUnion(discarded.keys)
    }

    /// Whether the next messages are to be read from the file: while those before them are sent.
    private var wantsPage: Bool {
        guard self.file.unloadedCount > 0, self.isOnline, !self.file.isLoading else { return false }
        return self.file.loadedCount < self.limits.pageCount / 2
            || self.nextLane().flatMap { self.lanes[$0].entries.first }?.body == nil
    }

    /// The positions of the messages to read now, in the order in which they will be sent; none if there is
    /// no need.
    ///
    /// `didLoad` or `didFailToLoad` follows.
    mutating func takePage() -> [Int64] {
        guard self.wantsPage else { return [] }
        self.file.isLoading = true
        var positions: [Int64] = []
        let kindCount = SpoolLane.Kind.allCases.count
        for first in stride(from: SpoolLane.count - kindCount, through: 0, by: -kindCount)
        where positions.count < self.limits.pageCount {
            positions += (first..<first + kindCount).flatMap { lane in
                self.lanes[lane].entries.lazy.filter { $0.body == nil }.prefix(self.limits.pageCount)
                    .map(\.position)
            }.sorted().prefix(self.limits.pageCount - positions.count)
        }
        return positions
    }

    /// The messages at `positions` that could be read are these.
    ///
    /// - Returns: how many are not in the file, and so are lost.
    mutating func didLoad(_ positions: [Int64], _ messages: [SpooledMessage]) -> Int {
        self.file.isLoading = false
        self.file.readFailure = nil
        for message in messages {
            let lane = SpoolLane.index(message.message.qos, message.policy)
            guard let index = self.lanes[lane].index(of: message.position),
                self.lanes[lane].entries[index].body == nil
            else { continue }
            self.didLeave(self.lanes[lane].entries[index])
            self.lanes[lane].setBody(message, at: index)
            self.didEnter(self.lanes[lane].entries[index])
        }
        guard messages.count < positions.count else { return 0 }
        let missing = Set(positions).subtracting(messages.map(\.position))
        return self.lose { missing.contains($0.position) && $0.body == nil }
    }

    /// A page could not be read.
    mutating func didFailToLoad(because reason: String) {
        self.file.isLoading = false
        self.file.readFailure = reason
    }

    /// The file was lost: what is in memory is to be written to a new one.
    ///
    /// - Returns: how many messages were in the file only.
    mutating func startAnew() -> Int {
        let discardedCount = self.file.discarded.count
        self.file.discarded = [:]
        let lostCount = self.lose { $0.body == nil }
        self.file.forgotten = []
        self.file.isLoading = false
        self.file.readFailure = nil
        let bodies = self.lanes.flatMap(\.entries).compactMap(\.body) + self.inFlight.map(\.body)
        self.file.unwritten = Dictionary(bodies.map { ($0.position, $0) }) { first, _ in first }
        self.file.unwrittenBytes = bodies.reduce(0) { $0 + $1.byteCount }
        return lostCount + discardedCount
    }

    /// What could not be written before the end.
    mutating func takeUnwritten() -> [Message] {
        let messages = self.file.unwritten.values.sorted { $0.position < $1.position }.map(\.message)
        self.file.unwritten = [:]
        return messages
    }

    private mutating func lose(where isLost: (SpoolEntry) -> Bool) -> Int {
        let lost = self.removeWaiting(where: isLost)
        for entry in lost { self.forget(entry) }
        return lost.count
    }

    /// Why `size` more bytes can't wait for the disk, if so.
    func fileIsBehind(by size: Int) -> String? {
        let byteCount = self.file.unwrittenBytes + self.file.writingBytes
        guard self.hasFile, byteCount + size > self.limits.unwrittenBytesMax else { return nil }
        let failure = self.file.writeFailure.map { ": \($0)" } ?? ""
        return "\(byteCount) bytes in memory wait for the spool's file\(failure)"
    }

    /// A message is to be written.
    mutating func write(_ message: SpooledMessage) -> Commit {
        guard self.hasFile else { return .kept }
        let earlier = self.file.unwritten.updateValue(message, forKey: message.position)
        self.file.unwrittenBytes += message.byteCount - (earlier?.byteCount ?? 0)
        // With a disk that fails the memory has to do.
        guard message.message.qos == .atLeastOnce, self.file.writeFailure == nil else { return .kept }
        self.file.isAwaited = true
        return .keptOnceWritten
    }

    /// Whether a waiting message is in the file, or on the way to it.
    func isStored(_ entry: SpoolEntry) -> Bool {
        self.hasFile && self.file.unwritten[entry.position] == nil
    }

    /// A message needs no row any more; one that was not written yet never gets one.
    mutating func forgetStored(_ entry: SpoolEntry) {
        guard self.hasFile else { return }
        if let unwritten = self.file.unwritten.removeValue(forKey: entry.position) {
            self.file.unwrittenBytes -= unwritten.byteCount
            guard entry.replacesStored else { return }
        }
        self.file.forgotten.insert(entry.position)
    }

    /// Drops a message that has left its lane.
    ///
    /// - Returns: the message, to be told; nil when it is in the file only, and the writer tells it.
    mutating func drop(_ entry: SpoolEntry, because reason: String) -> Message? {
        if let body = entry.body {
            self.forget(entry)
            return body.message
        }
        self.release(Int(entry.byteCount))
        self.file.discarded[entry.position] = reason
        return nil
    }

    /// `entry` waits from now on.
    mutating func didEnter(_ entry: SpoolEntry) {
        if entry.body == nil {
            self.file.unloadedCount += 1
        } else {
            self.file.loadedCount += 1
            self.file.loadedBytes += Int(entry.byteCount)
        }
    }

    /// `entry`, as it was, waits no more.
    mutating func didLeave(_ entry: SpoolEntry) {
        if entry.body == nil {
            self.file.unloadedCount -= 1
        } else {
            self.file.loadedCount -= 1
            self.file.loadedBytes -= Int(entry.byteCount)
        }
    }

    /// Whether more bodies are in memory than have to be.
    private var isMemoryFull: Bool {
        self.file.loadedCount > self.limits.loadedCountMax
            || self.file.loadedBytes > self.limits.loadedBytesMax
    }

    /// Where a message waits, unless a later one has taken its place.
    private func place(
        of message: SpooledMessage
    ) -> (lane: Int, index: CircularBuffer<SpoolEntry>.Index)? {
        let lane = SpoolLane.index(message.message.qos, message.policy)
        guard let index = self.lanes[lane].index(of: message.position),
            self.lanes[lane].entries[index].body === message
        else { return nil }
        return (lane, index)
    }
}
