import Broker
import GreengrassModel
import NIOCore
import Store
import TopicRouter

/// The first wait before messages are sent again after the broker refused one, and the longest: it doubles.
private let retryDelayMin = TimeAmount.seconds(1)
private let retryDelayMax = TimeAmount.seconds(60)

/// So many topics of which only the latest is kept are remembered, whether a message of theirs waits or not.
private let latestCountMin = 64

/// The messages on their way up: which goes next, and which must go when there is no room.
///
/// Holds no connection, no file, no clock and no lock. A message is reserved, waits, is in flight once the
/// MQTT library has it, and leaves when the broker acknowledged it (QoS 1) or the socket took it (QoS 0).
/// Those of a higher priority go first, and among equals the oldest.
///
/// With a file behind it, this is the index: it decides at once and in memory, and what the file is to keep
/// and to forget is taken from it by the file's writer. Bodies that are in the file leave the memory, but for
/// the next few; they come back in pages when their turn comes. `UplinkSpool+File.swift` has that side,
/// `UplinkSpool+Inspection.swift` what people see and purge.
struct UplinkSpool {
    /// A message that the MQTT library has.
    struct InFlight {
        var entry: SpoolEntry
        let body: SpooledMessage
        /// What the library called it; nil until it is handed over.
        var packetID: CInt?
    }

    /// Of which messages only the latest is kept.
    struct LatestKey: Hashable {
        let topic: TopicName
        let policy: SpoolPolicy
    }

    enum Phase {
        case accepting, draining, closed
    }

    /// What `commit` made of a message.
    enum Commit: Equatable {
        /// It is kept.
        case kept
        /// It is kept once the file's writer has written what `takeChanges` gives.
        case keptOnceWritten
        /// It can't be kept after all; why.
        case refused(String)
    }

    /// What became of a message that was in flight.
    enum Acknowledgement {
        /// No message in flight is called so.
        case unknown
        /// The broker, or with QoS 0 the socket, has it.
        case delivered(Message)
        /// The broker will never take it; why.
        case refused(Message, String)
        /// The broker did not take it now: it waits again, before everything else, for some time.
        case deferred(Message, String)
    }

    let limits: SpoolLimits
    /// Whether a file keeps the messages.
    let hasFile: Bool

    /// Whether the broker accepted the connection.
    ///
    /// QoS 0 is not kept while it did not, unless the limits say so.
    private(set) var isOnline = false
    private(set) var phase = Phase.accepting

    private(set) var byteCount = 0
    private(set) var count = 0
    /// Where the next message comes that does not take the place of another.
    private(set) var nextPosition: Int64 = 1

    var lanes = Array(repeating: SpoolLane(), count: SpoolLane.count)
    /// In the order in which they were handed over.
    var inFlight: [InFlight] = []
    /// Where the waiting message of a topic is of which only the latest is kept; it may be gone already.
    private(set) var latest: [LatestKey: Int64] = [:]
    /// How many topics `latest` has.
    var rememberedTopicCount: Int { self.latest.count }
    /// No waiting message is worth nothing before this.
    private var earliestDeadline = NIODeadline.distantFuture
    /// Nothing is sent before this, since the broker refused a message.
    private var resumeAt = NIODeadline.uptimeNanoseconds(0)
    private var retryDelay = retryDelayMin

    /// How many messages outlived their time to live.
    private(set) var expiredCount = 0
    /// How many gave way to a later one of their topic.
    private(set) var supersededCount = 0

    /// What the file's side needs.
    var file = FileState()

    init(limits: SpoolLimits, hasFile: Bool = false) {
        self.limits = limits
        self.hasFile = hasFile
    }

    /// Whether nothing waits and nothing is in flight.
    var isDrained: Bool { self.inFlight.isEmpty && self.waitingCount == 0 }

    /// How many messages wait.
    var waitingCount: Int { self.file.loadedCount + self.file.unloadedCount }

    /// Whether the library may be given one more message.
    var hasRoomInFlight: Bool { self.inFlight.count < self.limits.inFlightMax }

    /// Keeps room for `message`, at the cost of those that may go for it.
    ///
    /// - Returns: the answer to the publisher, and the messages that were dropped to make room.
    mutating func reserve(
        for message: Message,
        under policy: SpoolPolicy = SpoolPolicy(),
        now: NIODeadline
    ) -> (answer: Reservation, dropped: [Message]) {
        guard self.phase == .accepting else { return (.gone("the bridge is shutting down"), []) }
        guard self.isKept(message.qos) else {
            return (.gone("there is no connection to the broker, and QoS 0 messages do not wait for one"), [])
        }
        let size = message.spoolBytes
        if let reason = self.fileIsBehind(by: size) { return (.full(reason), []) }
        let (limit, dropped) = self.makeRoom(for: message, size, under: policy, now)
        guard let limit else {
            self.byteCount += size
            self.count += 1
            return (.ok, dropped)
        }
        let isDropped = policy.whenFull == .dropNewest
        return (
            isDropped ? .gone("the spool is full (\(limit)), and its row drops the newest") : .full(limit),
            []
        )
    }

    /// Puts `message` last, in the room that was kept for it.
    mutating func commit(
        _ message: Message,
        under policy: SpoolPolicy = SpoolPolicy(),
        now: NIODeadline,
        millisecondsSinceEpoch: Int64
    ) -> Commit {
        guard self.phase != .closed else { return .refused("the bridge was shut down") }
        guard self.isKept(message.qos) else {
            self.release(message.spoolBytes)
            return .refused(
                "the connection to the broker was lost, and QoS 0 messages do not wait for the next"
            )
        }
        let key = policy.keepsLatestOnly ? LatestKey(topic: message.topic, policy: policy) : nil
        let lane = SpoolLane.index(message.qos, policy)
        let replaced = key.flatMap { self.latest[$0] }.flatMap { self.lanes[lane].index(of: $0) }
        let body = SpooledMessage(
            position: replaced.map { self.lanes[lane].entries[$0].position } ?? self.nextPosition,
            millisecondsSinceEpoch: millisecondsSinceEpoch,
            byteCount: message.spoolBytes,
            policy: policy,
            message: message
        )
        var entry = SpoolEntry(
            position: body.position,
            byteCount: Int32(clamping: body.byteCount),
            deadline: .life(of: policy, from: now),
            body: body
        )
        self.earliestDeadline = min(self.earliestDeadline, entry.deadline)
        if let replaced {
            let old = self.lanes[lane].entries[replaced]
            entry.replacesStored = old.replacesStored || self.isStored(old)
            self.lanes[lane].replace(entry, at: replaced)
            self.release(Int(old.byteCount))
            self.didLeave(old)
            self.supersededCount += 1
        } else {
            self.nextPosition += 1
            self.lanes[lane].insert(entry)
            if let key { self.noteLatest(key, entry.position) }
        }
        self.didEnter(entry)
        return self.write(body)
    }

    /// Gives the room that was kept for `message` back.
    mutating func cancel(_ message: Message) {
        if self.phase != .closed { self.release(message.spoolBytes) }
    }

    /// The broker accepted a connection.
    mutating func connected() {
        self.isOnline = true
    }

    /// The next message, which is in flight from now on; nil when the window is full, nothing waits, or the
    /// next one is on its way from the file.
    ///
    /// Those at `limit` and behind it stay.
    ///
    /// Exactly one of `handedOver` and `handOverFailed` follows, or `disconnected`.
    mutating func takeNext(before limit: Int64 = .max, now: NIODeadline) -> Message? {
        guard self.hasRoomInFlight, now >= self.resumeAt else { return nil }
        while let lane = self.nextLane(before: limit), let first = self.lanes[lane].entries.first {
            if first.deadline <= now {
                self.expire(now)
                continue
            }
            guard let body = first.body, let entry = self.lanes[lane].popFirst() else { return nil }
            self.didLeave(entry)
            if let key = body.latestKey { self.latest[key] = nil }
            self.inFlight.append(InFlight(entry: entry, body: body, packetID: nil))
            return body.message
        }
        return nil
    }

    /// The library took the message that `takeNext` returned, and calls it `packetID`.
    mutating func handedOver(packetID: CInt) {
        if !self.inFlight.isEmpty { self.inFlight[self.inFlight.count - 1].packetID = packetID }
    }

    /// The library will never take the message that `takeNext` returned: it is forgotten.
    mutating func handOverFailed() {
        if let last = self.inFlight.popLast() { self.forget(last.entry) }
    }

    /// The broker answered for the message called `packetID`, or the socket took it if it has QoS 0.
    mutating func acknowledged(
        packetID: CInt,
        reason: PublishReason = .success,
        now: NIODeadline
    ) -> Acknowledgement {
        guard let index = self.inFlight.firstIndex(where: { $0.packetID == packetID }) else {
            return .unknown
        }
        var (entry, body) = (self.inFlight[index].entry, self.inFlight[index].body)
        self.inFlight.remove(at: index)
        guard !reason.isSuccess else {
            self.retryDelay = retryDelayMin
            self.forget(entry)
            return .delivered(body.message)
        }
        entry.refusalCount += 1
        let isTiredOf = self.limits.publishRetryMax.map { entry.refusalCount > $0 } ?? false
        guard !reason.isFinal, !isTiredOf else {
            self.forget(entry)
            let times = reason.isFinal ? "" : " \(entry.refusalCount) times, as often as maxPublishRetry says"
            return .refused(body.message, "the broker refused it\(times): \(reason.description)")
        }
        self.waitAgain(entry, body)
        self.resumeAt = now + self.retryDelay
        self.retryDelay = min(self.retryDelay * 2, retryDelayMax)
        return .deferred(body.message, reason.description)
    }

    /// The connection is lost: what was in flight with QoS 1 waits again, before everything else of its
    /// priority and in order.
    ///
    /// - Returns: the messages of QoS 0 that are dropped.
    mutating func disconnected() -> [Message] {
        self.isOnline = false
        self.resumeAt = .uptimeNanoseconds(0)
        let returning = self.inFlight
        self.inFlight = []
        var dropped: [Message] = []
        for message in returning {
            if message.body.message.qos == .atMostOnce {
                self.forget(message.entry)
                dropped.append(message.body.message)
            } else {
                self.waitAgain(message.entry, message.body)
            }
        }
        return self.limits.keepsQoS0WhenOffline ? dropped : dropped + self.dropAtMostOnce()
    }

    /// Refuses new messages from now on.
    mutating func stopAccepting() {
        if self.phase == .accepting { self.phase = .draining }
    }

    /// Ends the spool: nothing comes in and nothing leaves any more.
    ///
    /// - Returns: the messages that are lost with it, QoS 0 first; with a file only those that it is not to
    ///   keep.
    mutating func close() -> [Message] {
        var lost = self.disconnected()
        if !self.hasFile {
            lost += self.lanes.indices.reversed().flatMap { lane in
                self.lanes[lane].remove { _ in true }.compactMap { $0.body?.message }
            }
        }
        self.phase = .closed
        return lost
    }

    /// Puts what the file held when it was opened into the spool, which is empty.
    mutating func restore(_ rows: [SpoolRow], now: NIODeadline, millisecondsSinceEpoch: Int64) {
        for row in rows {
            let entry = SpoolEntry(
                position: row.position,
                byteCount: Int32(clamping: row.byteCount),
                // The clock may have been set back meanwhile.
                deadline: .life(
                    of: row.policy,
                    from: now,
                    waited: max(0, millisecondsSinceEpoch - row.millisecondsSinceEpoch)
                ),
                body: nil
            )
            self.lanes[SpoolLane.index(row.qos, row.policy)].insert(entry)
            self.didEnter(entry)
            self.byteCount += row.byteCount
            self.count += 1
            self.earliestDeadline = min(self.earliestDeadline, entry.deadline)
            self.nextPosition = row.position + 1
            if let topic = row.topic {
                self.latest[LatestKey(topic: topic, policy: row.policy)] = row.position
            }
        }
        if !self.limits.keepsQoS0WhenOffline { _ = self.dropAtMostOnce() }
    }

    /// The lane that holds the next message to send, of those before `limit`.
    func nextLane(before limit: Int64 = .max) -> Int? {
        let kindCount = SpoolLane.Kind.allCases.count
        for first in stride(from: SpoolLane.count - kindCount, through: 0, by: -kindCount) {
            var next: (lane: Int, position: Int64)?
            for lane in first..<first + kindCount {
                guard let position = self.lanes[lane].entries.first?.position else { continue }
                if position < next?.position ?? limit { next = (lane, position) }
            }
            if let next { return next.lane }
        }
        return nil
    }

    /// Takes out what fulfils `isLeaving`, from every lane.
    mutating func removeWaiting(where isLeaving: (SpoolEntry) -> Bool) -> [SpoolEntry] {
        let leaving = self.lanes.indices.flatMap { self.lanes[$0].remove(where: isLeaving) }
        for entry in leaving { self.didLeave(entry) }
        return leaving
    }

    /// Forgets a message that has left its lane, in memory and in the file.
    mutating func forget(_ entry: SpoolEntry) {
        self.release(Int(entry.byteCount))
        self.forgetStored(entry)
    }

    mutating func release(_ byteCount: Int) {
        self.byteCount -= byteCount
        self.count -= 1
    }

    private func isKept(_ qos: QoS) -> Bool {
        self.isOnline || qos != .atMostOnce || self.limits.keepsQoS0WhenOffline
    }

    /// Notes where the latest of a topic waits; what is there no more is forgotten at times.
    private mutating func noteLatest(_ key: LatestKey, _ position: Int64) {
        self.latest[key] = position
        guard self.latest.count > 2 * self.waitingCount + latestCountMin else { return }
        self.latest = self.latest.filter { key, position in
            self.lanes[SpoolLane.index(.atLeastOnce, key.policy)].index(of: position) != nil
                || self.lanes[SpoolLane.index(.atMostOnce, key.policy)].index(of: position) != nil
        }
    }

    /// Puts a message that was in flight before the others of its lane, unless a later one is all that its
    /// topic needs.
    private mutating func waitAgain(_ entry: SpoolEntry, _ body: SpooledMessage) {
        let lane = SpoolLane.index(body.message.qos, body.policy)
        if let key = body.latestKey {
            if let later = self.latest[key], self.lanes[lane].index(of: later) != nil {
                self.forget(entry)
                self.supersededCount += 1
                return
            }
            self.latest[key] = entry.position
        }
        self.earliestDeadline = min(self.earliestDeadline, entry.deadline)
        self.lanes[lane].insert(entry)
        self.didEnter(entry)
    }

    mutating func expire(_ now: NIODeadline) {
        guard self.earliestDeadline <= now else { return }
        for entry in self.removeWaiting(where: { $0.deadline <= now }) {
            self.forget(entry)
            self.expiredCount += 1
        }
        self.earliestDeadline =
            self.lanes.lazy.flatMap(\.entries).map(\.deadline).min() ?? .distantFuture
    }

    mutating func dropAtMostOnce() -> [Message] {
        let reason = "the connection to the broker was lost, and QoS 0 messages do not wait"
        var dropped: [Message] = []
        for priority in SpoolPolicy.priorities.reversed() {
            let lane = SpoolLane.index(priority: priority, .atMostOnce)
            while let entry = self.lanes[lane].popFirst() {
                self.didLeave(entry)
                if let message = self.drop(entry, because: reason) { dropped.append(message) }
            }
        }
        return dropped
    }
}

extension Message {
    /// What the message takes of the spool's bytes.
    var spoolBytes: Int {
        self.payload.readableBytes + max(0, self.topic.utf8.count - SpoolLimits.topicBytesFree)
            + (self.properties?.byteCount ?? 0)
    }
}

extension SpooledMessage {
    fileprivate var latestKey: UplinkSpool.LatestKey? {
        self.policy.keepsLatestOnly
            ? UplinkSpool.LatestKey(topic: self.message.topic, policy: self.policy) : nil
    }
}
