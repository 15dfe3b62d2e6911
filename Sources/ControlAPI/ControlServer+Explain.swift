internal import Broker
internal import Components
internal import GreengrassModel
internal import Hummingbird
internal import LambdaManager
internal import NIOCore
internal import TopicRouter

/// What becomes of a message, and why.
extension ControlServer {
    func explain(_ request: Request) async throws -> Response {
        let functions = manager.functions
        var conditions = RoutingConditions(
            cloud: cloudCondition,
            spoolIsFull: exhaustedSpoolLimit,
            functions: Dictionary(
                functions.map { function in
                    (
                        function.arn,
                        FunctionCondition(
                            state: function.component.state.rawValue,
                            queueIsFull: function.fullQueue
                        )
                    )
                },
                uniquingKeysWith: { first, _ in first }
            )
        )
        for link in broker.links where link.state != .connected {
            conditions.downLinks[link.name] = link.state.rawValue
        }
        return try json(
            Explanation.of(
                source: parameter("source", of: request),
                topic: parameter("topic", of: request),
                table: broker.subscriptions,
                components: functions.map(\.definition),
                mappings: topicMappings,
                conditions: conditions
            )
        )
    }

    /// The limit that keeps the link from taking one message more.
    private var exhaustedSpoolLimit: String? {
        guard let uplink = broker.uplink, let topic = try? TopicName("probe") else { return nil }
        let probe = Message(topic: topic, payload: ByteBuffer(), origin: .commandLine)
        switch uplink.reserve(for: probe) {
        case .ok:
            uplink.cancel(probe)
            return nil
        case .full(let limit):
            return limit
        case .gone, .refused:
            return nil
        }
    }

    private var cloudCondition: RoutingConditions.Cloud {
        guard let uplink = broker.uplink else { return .off }
        switch uplink.state {
        case .off: return .off
        case .connected: return .on
        case .connecting, .disconnected: return .down(uplink.state.rawValue)
        }
    }
}
