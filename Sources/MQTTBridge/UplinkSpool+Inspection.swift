import Broker
import Store

/// A page has no more payload than this, but for a single message that has more: whoever shows it holds it
/// several times over.
private let pageBytesMax = 8 * 1024 * 1024

/// What people see of the spool, and how they clean it up.
extension UplinkSpool {
    /// A message as a look at the index shows it.
    struct Glance {
        let position: Int64
        let byteCount: Int
        /// Nil when it is in the file only.
        let body: SpooledMessage?
        /// Whether it is in flight.
        let isSent: Bool

        init(_ entry: SpoolEntry, body: SpooledMessage?, isSent: Bool) {
            self.position = entry.position
            self.byteCount = Int(entry.byteCount)
            self.body = body
            self.isSent = isSent
        }
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

    /// The messages with positions above `position`: of the lowest at most `count`, and what makes
    /// a page.
    func page(after position: Int64, count: Int) -> [Glance] {
        let sent = self.inFlight.filter { $0.entry.position > position }.map {
            Glance($0.entry, body: $0.body, isSent: true)
        }
        let waiting = self.lanes.flatMap { lane in
            lane.entries[lane.place(of: position + 1)...].prefix(count).map {
                Glance($0, body: $0.body, isSent: false)
            }
        }
        var pageBytes = 0
        let lowest = (sent + waiting).sorted { $0.position < $1.position }.prefix(count)
        let page = lowest.prefix { glance in
            defer { pageBytes += glance.byteCount }
            return pageBytes == 0 || pageBytes + glance.byteCount <= pageBytesMax
        }
        return Array(page)
    }

    /// The message that is sent next: one at most.
    var next: [Glance] {
        let entry = self.nextLane().flatMap { self.lanes[$0].entries.first }
        return entry.map { [Glance($0, body: $0.body, isSent: false)] } ?? []
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
