/// Somebody who watches the traffic, for example the terminal that `trellis run` writes to.
///
/// Called on the publisher's thread: it must be quick and must not block.
public protocol TrafficObserver: Sendable {
    /// A message was routed; `targets` are the names of the subscribers that took it.
    func didRoute(_ message: Message, to targets: [String])

    /// A message found no subscription, or could not be delivered to one target; `reason` says why.
    func didNotDeliver(_ message: Message, reason: String)

    /// The broker in the cloud acknowledged a message.
    func didReachCloud(_ message: Message)
}
