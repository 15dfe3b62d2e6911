internal import Broker
internal import NIOCore
internal import TopicRouter

extension Publisher {
    /// Publishes what came down from a broker, and returns when every subscriber keeps it as it promises: the
    /// broker is told then that it may forget the message.
    ///
    /// A bus of messages from outside refuses nothing: what has no room is kept as a dead letter. Only for a
    /// thread that may wait for the disk, as the bridge's, and never for an event loop.
    func publishDurably(_ message: Message, on bus: BusID) {
        if case .accepted(_, let durability?) = publish(message, on: bus) {
            try? durability.wait()
        }
    }
}
