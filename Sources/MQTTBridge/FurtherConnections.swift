import GreengrassModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// How many connections one bridge has at most, the first included: a thousand filters towards AWS IoT Core.
private let connectionCountMax = 20

/// The connections beside the first, for the filters that it has no room for; nothing goes up on them.
///
/// One is made when it is needed first, and stays.
final class FurtherConnections: Sendable {
    private struct State {
        var partition: FilterPartition
        var connections: [BridgeContext] = []
        var isStarted = false
        var stopDeadline: NIODeadline?
        /// The filters without room that have been logged.
        var loggedLeft: Set<TopicFilter> = []
    }

    private let first: BridgeContext
    private let eventLoop: any EventLoop
    private let run: @Sendable (BridgeContext) throws -> Void
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - first: The first connection.
    ///   - eventLoop: The loop of the bridge's futures.
    ///   - run: Starts the thread of a further one.
    init(
        beside first: BridgeContext,
        on eventLoop: any EventLoop,
        run: @escaping @Sendable (BridgeContext) throws -> Void
    ) {
        self.first = first
        self.eventLoop = eventLoop
        self.run = run
        let capacity = first.configuration.filtersPerConnectionMax
        self.state = NIOLockedValueBox(
            State(partition: FilterPartition(capacity: capacity, partCountMax: connectionCountMax))
        )
    }

    /// What every connection is made of.
    var all: [BridgeContext] { self.state.withLockedValue { $0.connections } }

    /// Tells every connection its part of `filters`.
    func tell(_ filters: Set<TopicFilter>) {
        guard self.first.configuration.filtersPerConnectionMax < .max else {
            return self.first.state.tell(filters)
        }
        self.state.withLockedValue { state in
            let (parts, left) = state.partition.divide(filters)
            self.first.state.tell(parts[0])
            self.makeConnections(parts.count - 1, &state)
            for (index, connection) in state.connections.enumerated() {
                connection.state.tell(index + 1 < parts.count ? parts[index + 1] : [])
            }
            for filter in left where state.loggedLeft.insert(filter).inserted {
                self.first.logger.error(
                    "There are too many topic filters: nothing comes down for this one.",
                    metadata: ["filter": "\(filter)", "connections": "\(connectionCountMax)"]
                )
            }
        }
    }

    /// Starts what was made, and from now on what is made.
    func start() {
        self.state.withLockedValue { state in
            state.isStarted = true
            for connection in state.connections { self.start(connection) }
        }
    }

    /// Asks every connection to end before `deadline`, and makes none any more.
    func stop(before deadline: NIODeadline) {
        let connections = self.state.withLockedValue { state in
            state.stopDeadline = deadline
            return state.connections
        }
        for connection in connections { connection.state.stop(before: deadline) }
    }

    private func makeConnections(_ count: Int, _ state: inout State) {
        while state.connections.count < count, state.stopDeadline == nil {
            do {
                let connection = try self.first.further(
                    number: state.connections.count + 2,
                    on: self.eventLoop
                )
                state.connections.append(connection)
                if state.isStarted { self.start(connection) }
            } catch {
                self.first.logger.error("No further MQTT connection can be made: \(error)")
                return
            }
        }
    }

    private func start(_ connection: BridgeContext) {
        guard connection.state.shouldStartThread() else { return }
        do {
            try self.run(connection)
        } catch {
            connection.state.threadEnds()
            connection.logger.error("A further MQTT connection has no thread: \(error)")
        }
    }
}

extension BridgeContext {
    /// What a connection beside this one works with: a spool of its own, which stays empty.
    fileprivate func further(number: Int, on eventLoop: any EventLoop) throws -> BridgeContext {
        let limits = SpoolLimits(bytesMax: 0, inFlightMax: 1)
        return BridgeContext(
            configuration: self.configuration,
            clientID: "\(self.configuration.clientID)#\(number)",
            state: try BridgeState(spool: UplinkSpool(limits: limits), eventLoop: eventLoop),
            logger: self.logger,
            observer: nil,
            onDrop: { _, _ in }
        )
    }
}
