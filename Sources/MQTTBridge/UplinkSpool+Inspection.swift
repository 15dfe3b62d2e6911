import Broker
import Store

/// What people see of the spool, and how they clean it up.
extension UplinkSpool {
    /// A message as a look at the index shows it.
    struct Glance {
        let position: Int64
        /// Nil when it is in the file only.
        let body: SpooledMessage?
        /// Whether it is in flight.
        let isSent: Bool
    }

    var status: SpoolStatus {
        SpoolStatus(
            isOnDisk: self.hasFile,
            problem: self.file.writeFailure.map { "the spool's file can't be written: \($0)" }
                ?? self.file.readFailure.map { "the spool's file can't be read: \($0)" },
            messageCount: self.count,
            byteCount: self.byteCount,
            byteCountMax: self.limits.bytesMax,
            expiredCount: self.expiredCount,
            supersededCount: self.supersededCount
        )
    }

    /// The messages with positions above `position`, at most `count` of the lowest.
    func page(after position: Int64, count: Int) -> [Glance] {
        let sent = self.inFlight.filter { $0.entry.position > position }.map {
            Glance(position: $0.entry.position, body: $0.body, isSent: true)
        }
        let waiting = self.lanes.flatMap { lane in
            lane.entries[lane.place(of: position + 1)...].prefix(count).map {
                Glance(position: $0.position, body: $0.body, isSent: false)
            }
        }
        return Array((sent + waiting).sorted { $0.position < $1.position }.prefix(count))
    }

    /// The message that is sent next: one at most.
    var next: [Glance] {
        let entry = self.nextLane.flatMap { self.lanes[$0].entries.first }
        return entry.map { [Glance(position: $0.position, body: $0.body, isSent: false)] } ?? []
    }

    /// Forgets waiting messages.
    ///
    /// - Returns: how many there were.
    mutating func purge(_ positions: Set<Int64>?) -> Int {
        let purged = self.removeWaiting { positions?.contains($0.position) ?? true }
        for entry in purged { self.forget(entry) }
        return purged.count
    }
}
