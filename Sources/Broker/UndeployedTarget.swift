internal import NIOCore

/// Stands for a function that a subscription names and nobody deployed: it matches, and takes nothing.
final class UndeployedTarget: Subscriber {
    let name: String

    init(name: String) {
        self.name = name
    }

    func reserve(for message: Message) -> Reservation { .gone("target not deployed") }

    func commit(_ message: Message) -> EventLoopFuture<Void>? { nil }

    func cancel(_ message: Message) {}
}

/// Stands for the cloud while no link is set: rows with target `cloud` match, and their messages are kept as
/// dead letters.
final class MissingUplink: Subscriber {
    static let reason = "the cloud is switched off (mqtt.endpoint is \"none\")"

    let name = "cloud"

    func reserve(for message: Message) -> Reservation { .gone(Self.reason) }

    func commit(_ message: Message) -> EventLoopFuture<Void>? { nil }

    func cancel(_ message: Message) {}
}
