import Broker
import GreengrassModel
import NIOCore
import Store

/// What the spool's index has of a message that waits: its body may lie in the file only.
struct SpoolEntry {
    let position: Int64
    let byteCount: Int32
    /// How often the broker has refused it with a reason that may pass.
    var refusalCount: Int32 = 0
    /// When it is worth nothing any more.
    let deadline: NIODeadline
    /// The message; nil while it is in the file only.
    var body: SpooledMessage?
    /// Whether the file has, or is getting, an earlier version of it under the same position.
    var replacesStored = false
}

/// Waiting messages of one priority and one rule, by ascending positions.
struct SpoolLane {
    /// What the messages of a lane have in common, beside their priority.
    enum Kind: Int, CaseIterable {
        /// QoS 0: the first to go when there is no room.
        case atMostOnce
        /// QoS 1 under a rule by which it may go for its like.
        case yielding
        /// QoS 1 that stays.
        case staying
    }

    /// A lane of each kind for each priority.
    static let count = SpoolPolicy.priorities.count * Kind.allCases.count

    private(set) var entries = CircularBuffer<SpoolEntry>()
    private(set) var byteCount = 0

    /// The lane of messages like this.
    static func index(_ qos: QoS, _ policy: SpoolPolicy) -> Int {
        let kind: Kind =
            qos == .atMostOnce ? .atMostOnce : policy.whenFull == .dropOldest ? .yielding : .staying
        return index(priority: policy.priority, kind)
    }

    static func index(priority: Int, _ kind: Kind) -> Int {
        priority * Kind.allCases.count + kind.rawValue
    }

    /// Puts `entry` in its place, mostly at one of the ends.
    mutating func insert(_ entry: SpoolEntry) {
        self.byteCount += Int(entry.byteCount)
        if let last = self.entries.last, last.position > entry.position {
            self.entries.insert(entry, at: self.place(of: entry.position))
        } else {
            self.entries.append(entry)
        }
    }

    mutating func popFirst() -> SpoolEntry? {
        let entry = self.entries.popFirst()
        if let entry { self.byteCount -= Int(entry.byteCount) }
        return entry
    }

    /// Puts `entry` in the place of the one with the same position.
    mutating func replace(_ entry: SpoolEntry, at index: CircularBuffer<SpoolEntry>.Index) {
        self.byteCount += Int(entry.byteCount) - Int(self.entries[index].byteCount)
        self.entries[index] = entry
    }

    mutating func setBody(_ body: SpooledMessage?, at index: CircularBuffer<SpoolEntry>.Index) {
        self.entries[index].body = body
    }

    /// Takes out what fulfils `isLeaving`, in order.
    mutating func remove(where isLeaving: (SpoolEntry) -> Bool) -> [SpoolEntry] {
        let leaving = Array(self.entries.lazy.filter(isLeaving))
        guard !leaving.isEmpty else { return [] }
        self.entries.removeAll(where: isLeaving)
        for entry in leaving { self.byteCount -= Int(entry.byteCount) }
        return leaving
    }

    /// Where the message with this position is.
    func index(of position: Int64) -> CircularBuffer<SpoolEntry>.Index? {
        let place = self.place(of: position)
        return place < self.entries.endIndex && self.entries[place].position == position ? place : nil
    }

    /// The first place whose position is not below `position`.
    func place(of position: Int64) -> CircularBuffer<SpoolEntry>.Index {
        var (low, high) = (0, self.entries.count)
        while low < high {
            let middle = (low + high) / 2
            let index = self.entries.index(self.entries.startIndex, offsetBy: middle)
            if self.entries[index].position < position { low = middle + 1 } else { high = middle }
        }
        return self.entries.index(self.entries.startIndex, offsetBy: low)
    }
}

extension NIODeadline {
    /// When a message under `policy` is worth nothing any more that has waited for some time already.
    ///
    /// From here on the time of day may be set without harm.
    static func life(of policy: SpoolPolicy, from now: NIODeadline, waited milliseconds: Int64 = 0) -> Self {
        guard let timeToLive = policy.timeToLive else { return .distantFuture }
        return now + .milliseconds(max(0, Int64(timeToLive) * 1_000 - milliseconds))
    }
}
