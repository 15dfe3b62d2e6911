import Broker
import GreengrassModel
import NIOCore

/// What a new message may take the room of.
extension UplinkSpool {
    /// - Returns: the limit that leaves no room, and what was dropped for it.
    mutating func makeRoom(
        for message: Message,
        _ size: Int,
        under policy: SpoolPolicy,
        _ now: NIODeadline
    ) -> (limit: String?, dropped: [Message]) {
        func isFree(_ byteCount: Int, _ count: Int) -> (bytes: Bool, count: Bool) {
            (
                self.byteCount - byteCount + size <= self.limits.bytesMax,
                self.count - count < self.limits.countMax
            )
        }
        if isFree(0, 0) == (true, true) { return (nil, []) }
        self.expire(now)
        let going = Self.goingLanes(for: policy)
        // What it replaces goes in any case.
        var replaced = self.replacedBytes(by: message, under: policy)
        if let lane = replaced?.lane, going.contains(lane) { replaced = nil }
        let (replacedBytes, replacedCount) = (replaced?.byteCount ?? 0, replaced == nil ? 0 : 1)
        let possible = isFree(
            replacedBytes + going.reduce(0) { $0 + self.lanes[$1].byteCount },
            replacedCount + going.reduce(0) { $0 + self.lanes[$1].entries.count }
        )
        guard possible.bytes else { return ("spooler.maxSizeInBytes \(self.limits.bytesMax)", []) }
        guard possible.count else { return ("the spool's limit of \(self.limits.countMax) messages", []) }
        var dropped: [Message] = []
        while isFree(replacedBytes, replacedCount) != (true, true),
            let lane = going.first(where: { !self.lanes[$0].entries.isEmpty }),
            let oldest = self.lanes[lane].popFirst()
        {
            self.didLeave(oldest)
            if let message = self.drop(oldest, because: Self.fullReason) { dropped.append(message) }
        }
        return (nil, dropped)
    }

    /// Why messages are dropped for others.
    static let fullReason = "the spool was full, and the oldest that may go for others went first"

    /// The lanes whose messages go for one under `policy`, the first ones first.
    private static func goingLanes(for policy: SpoolPolicy) -> [Int] {
        let atMostOnce = SpoolPolicy.priorities.map { SpoolLane.index(priority: $0, .atMostOnce) }
        guard policy.whenFull == .dropOldest else { return atMostOnce }
        return atMostOnce + (0...policy.priority).map { SpoolLane.index(priority: $0, .yielding) }
    }

    private func replacedBytes(
        by message: Message,
        under policy: SpoolPolicy
    ) -> (lane: Int, byteCount: Int)? {
        guard policy.keepsLatestOnly else { return nil }
        let lane = SpoolLane.index(message.qos, policy)
        let position = self.latest[LatestKey(topic: message.topic, policy: policy)]
        guard let index = position.flatMap({ self.lanes[lane].index(of: $0) }) else { return nil }
        return (lane, Int(self.lanes[lane].entries[index].byteCount))
    }
}
