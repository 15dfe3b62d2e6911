internal import Broker
internal import FoundationEssentials
internal import GRDB
internal import GreengrassModel
internal import NIOCore
internal import TopicRouter

/// Messages of a spool as rows.
extension SpooledMessage {
    private static let columns = "\(SpoolRow.columns), \(StoredMessage.columns)"

    static func fetch(at position: Int64, _ database: Database) throws -> SpooledMessage? {
        let sql = "SELECT \(columns) FROM message WHERE position = ?"
        let statement = try database.cachedStatement(sql: sql)
        return try Row.fetchOne(statement, arguments: [position]).map { row in
            let head = try SpoolRow(row, topic: nil)
            return SpooledMessage(
                position: head.position,
                millisecondsSinceEpoch: head.millisecondsSinceEpoch,
                byteCount: head.byteCount,
                policy: head.policy,
                message: try StoredMessage.message(in: row)
            )
        }
    }

    private static let insertion = """
        INSERT OR REPLACE INTO message (\(columns))
        VALUES (?, ?, ?, ?, ?, ?, ?, \(StoredMessage.placeholders))
        """

    static func insert(_ messages: [SpooledMessage], _ database: Database) throws {
        guard !messages.isEmpty else { return }
        var insertion = try Insertion(insertion, database)
        for message in messages {
            try message.bind(to: &insertion)
            try insertion.insert()
        }
    }

    private func bind(to row: inout Insertion) throws {
        row.bind(position)
        row.bind(millisecondsSinceEpoch)
        row.bind(Int64(byteCount))
        row.bind(policy.timeToLive.map { Int64($0) })
        row.bind(Int64(policy.priority))
        row.bind(policy.whenFull.rawValue)
        row.bind(policy.keepsLatestOnly ? 1 : 0)
        row.bind(message.topic.description)
        message.payload.withUnsafeReadableBytes { row.bind($0) }
        row.bind(message.origin.description)
        row.bind(Int64(message.hops))
        row.bind(Int64(message.qos.rawValue))
        row.bind(message.clientContext)
        if let properties = try StoredMessage.encodedProperties(of: message) {
            properties.withUnsafeBytes { row.bind($0) }
        } else {
            row.bindNull()
        }
    }

    static func delete(_ positions: [Int64], _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "DELETE FROM message WHERE position = ?")
        for position in positions {
            statement.setUncheckedArguments([position])
            try statement.execute()
        }
    }
}

extension SpoolRow {
    fileprivate static let columns = """
        position, millisecondsSinceEpoch, byteCount, timeToLive, priority, whenFull, keepsLatestOnly
        """

    /// Far more than any message has, and far from an overflow.
    private static let byteCountMax = 1 << 30

    /// Every message, in the order of their positions, without what is only needed to send it.
    static func fetchAll(_ database: Database) throws -> [SpoolRow] {
        let sql = """
            SELECT \(columns), qos, CASE WHEN keepsLatestOnly THEN topic END AS topic
            FROM message ORDER BY position
            """
        let rows = try Row.fetchCursor(database, sql: sql)
        var found: [SpoolRow] = []
        while let row = try rows.next() {
            let topic: String? = try row.checkedOrNull("topic")
            found.append(
                try SpoolRow(
                    row,
                    topic: topic.map { text throws(StateError) in
                        guard let topic = try? TopicName(text) else { throw .damaged("\(text) is no topic") }
                        return topic
                    }
                )
            )
        }
        return found
    }

    fileprivate init(_ row: Row, topic: TopicName?) throws {
        let position: Int64 = try row.checked("position")
        let byteCount: Int = try row.checked("byteCount")
        let timeToLive: Int? = try row.checkedOrNull("timeToLive")
        let priority: Int = try row.checked("priority")
        let milliseconds: Int64 = try row.checked("millisecondsSinceEpoch")
        guard (1...Int64.max / 2).contains(position), (0...Self.byteCountMax).contains(byteCount),
            (0...SpoolPolicy.timeToLiveMax).contains(timeToLive ?? 0), milliseconds >= 0,
            SpoolPolicy.priorities.contains(priority),
            let whenFull = SpoolPolicy.FullRule(rawValue: try row.checked("whenFull")),
            let qos = QoS(rawValue: try row.checked("qos"))
        else { throw StateError.damaged("a spooled message with impossible values") }
        self.init(
            position: position,
            millisecondsSinceEpoch: milliseconds,
            byteCount: byteCount,
            policy: SpoolPolicy(
                timeToLive: timeToLive,
                priority: priority,
                whenFull: whenFull,
                keepsLatestOnly: try row.checked("keepsLatestOnly")
            ),
            qos: qos,
            topic: topic
        )
    }
}
