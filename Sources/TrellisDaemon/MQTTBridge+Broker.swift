internal import Broker
internal import Logging
internal import MQTTBridge
internal import NIOCore
internal import TopicRouter

extension MQTTBridge {
    /// A bridge that publishes on `bus` what comes from its broker, and keeps as dead letters what it never
    /// sends; it connects with `start`.
    convenience init(
        name: String,
        configuration: MQTTBridgeConfiguration,
        bus: BusID,
        broker: Broker,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws {
        try self.init(
            name: name,
            configuration: configuration,
            eventLoop: eventLoop,
            logger: logger,
            observer: broker.observer,
            onDrop: { message, reason in broker.keepDead(message, target: name, reason: reason) },
            makeReceiver: {
                let publisher = broker.makePublisher()
                return { message in
                    // A bus of messages from outside refuses nothing: what has no room is kept as a dead
                    // letter.
                    guard case .accepted(_, let durability) = publisher.publish(message, on: bus) else {
                        return nil
                    }
                    return durability
                }
            }
        )
    }
}
