internal import Broker
internal import GreengrassModel
internal import Logging
internal import NIOConcurrencyHelpers

/// The file with the subscription table, and the table that was read from it last.
///
/// A file with errors is refused, and the table before stays.
final class SubscriptionFile: Sendable {
    let path: String
    private let mappings: [TopicMapping]
    private let components: @Sendable () -> [LambdaComponent]
    private let broker: Broker
    private let current: NIOLockedValueBox<SubscriptionTable>
    private let logger: Logger

    /// Knows a file whose table is `initial`; `components` tells what is deployed now.
    init(
        path: String,
        initial: SubscriptionTable,
        mappings: [TopicMapping],
        components: @escaping @Sendable () -> [LambdaComponent],
        broker: Broker,
        logger: Logger
    ) {
        self.path = path
        self.current = NIOLockedValueBox(initial)
        self.mappings = mappings
        self.components = components
        self.broker = broker
        self.logger = logger
    }

    /// The file's name without its folder.
    var name: String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// The table in the file as it would be with `components` deployed; nothing changes.
    ///
    /// - Throws: `DocumentError` when the file has errors.
    func table(with components: [LambdaComponent]) throws(DocumentError) -> SubscriptionTable {
        try SubscriptionTable.load(path, components: components, mappings: mappings).table
    }

    /// Reads the file and applies its table if that differs from the one before; what goes wrong is logged.
    func reload() {
        current.withLockedValue { current in
            do {
                let (table, warnings) = try SubscriptionTable.load(
                    path,
                    components: components(),
                    mappings: mappings
                )
                let rows = Set(table.rows.map(Self.text(of:)))
                let rowsBefore = Set(current.rows.map(Self.text(of:)))
                guard rows != rowsBefore || Self.spooled(table) != Self.spooled(current) else { return }
                broker.apply(table)
                current = table
                logger.notice("\(name) was read again: \(rows.count) \(rows.count == 1 ? "row" : "rows")")
                for row in rowsBefore.subtracting(rows).sorted() {
                    logger.notice("- \(row)")
                }
                for row in rows.subtracting(rowsBefore).sorted() {
                    logger.notice("+ \(row)")
                }
                for warning in warnings {
                    logger.warning("\(warning)")
                }
            } catch {
                logger.error(
                    "\(name) has errors and is not used; the subscriptions before stay in force:\n\(error)"
                )
            }
        }
    }

    /// The rows that say how their messages wait: of several that match the first one counts.
    private static func spooled(_ table: SubscriptionTable) -> [String] {
        table.rows.filter { $0.spool != nil }.map(text(of:))
    }

    private static func text(of row: ResolvedSubscription) -> String {
        "\(row.id): \(row.source) → \(row.subject) → \(row.target)"
            + (row.spool.map { " (spool: \($0))" } ?? "")
    }
}
