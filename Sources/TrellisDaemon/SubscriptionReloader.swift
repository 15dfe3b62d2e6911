internal import Broker
internal import GreengrassModel
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Reads the subscription file again whenever it changes, and swaps the whole table.
///
/// A file with errors is refused, and the table before stays.
struct SubscriptionReloader: Service {
    private let path: String
    private let name: String
    private let components: [LambdaComponent]
    private let broker: Broker
    private let watcher: FolderWatcher
    private let initial: SubscriptionTable
    private let logger: Logger

    /// Starts to watch the file's folder.
    ///
    /// - Throws: `DaemonError` when the folder can't be watched.
    init(
        path: String,
        initial: SubscriptionTable,
        components: [LambdaComponent],
        broker: Broker,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger
    ) async throws {
        self.path = path
        let slash = path.lastIndex(of: "/")
        self.name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        self.initial = initial
        self.components = components
        self.broker = broker
        self.logger = logger
        let folder = slash.map { String(path[...$0]) } ?? "."
        self.watcher = try await FolderWatcher(folder: folder, eventLoopGroup: eventLoopGroup)
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var current = initial
            // What changed while the daemon started.
            reload(&current)
            try await watcher.run { names in
                if names.contains(name) {
                    reload(&current)
                }
            }
        }
    }

    private func reload(_ current: inout SubscriptionTable) {
        do {
            let (table, warnings) = try SubscriptionTable.load(path, components: components)
            let rows = Set(table.rows.map(Self.text(of:)))
            let rowsBefore = Set(current.rows.map(Self.text(of:)))
            guard rows != rowsBefore else { return }
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

    private static func text(of row: ResolvedSubscription) -> String {
        "\(row.id): \(row.source) → \(row.subject) → \(row.target)"
    }
}
