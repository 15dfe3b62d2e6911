public import NIOCore

/// Something that takes messages: a function's work queue, the uplink to the cloud, a session of the command
/// line.
///
/// A message is taken in two steps, so that a fan-out can be all or nothing. The publisher reserves at every
/// subscriber first; then it commits or cancels every reservation, with nothing awaited between. All three
/// are called on the publisher's thread, from many threads at once, and must neither block nor call back into
/// the broker's `publish`.
public protocol Subscriber: AnyObject, Sendable {
    /// What logs, errors and dead letters call this subscriber, for example a function's ARN.
    var name: String { get }

    /// Asks for room for `message`.
    ///
    /// After `.ok` exactly one of `commit` and `cancel` follows, with the same message.
    func reserve(for message: Message) -> Reservation

    /// Takes `message` over, in the room that `reserve` kept.
    ///
    /// - Returns: `nil` when the message is accepted at once; otherwise a future that succeeds when it is
    ///   kept as durably as this subscriber promises. The publisher's answer waits for it.
    func commit(_ message: Message) -> EventLoopFuture<Void>?

    /// Gives back the room that `reserve` kept for `message`.
    func cancel(_ message: Message)

    /// `message` became a dead letter: `reserve` kept no room for it, or it was never asked.
    ///
    /// By default nothing is done.
    func didDrop(_ message: Message)
}

extension Subscriber {
    /// Does nothing.
    public func didDrop(_ message: Message) {}
}

/// A subscriber's answer to the question for room.
public enum Reservation: Sendable, Equatable {
    /// There is room, and it is kept.
    case ok
    /// There is no room now; the text names the limit, for example `maxQueueSize 1000`.
    case full(String)
    /// The subscriber can't take any message; the text says why, for example `target not deployed`.
    case gone(String)
    /// The subscriber never takes a message like this one; the text says what is wrong with it.
    ///
    /// The publisher is told, unless another subscriber takes the message.
    case refused(String)
}
