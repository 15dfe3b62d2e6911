internal import NIOConcurrencyHelpers
internal import NIOCore

/// What becomes of messages that could not be delivered.
extension Broker {
    /// Keeps a message that was accepted and could not be delivered to `target`: counted, told to the
    /// observer, and kept as a dead letter.
    public func keepDead(_ message: Message, target: String, reason: String) {
        counting.didKeepDead()
        deadLetters.append(message, target: target, reason: reason)
        observer?.didNotDeliver(message, reason: "\(target): \(reason)")
    }

    /// Offers a dead letter to its target once more, past every subscription; it is kept on unless the target
    /// takes it.
    ///
    /// Its hops count from 0 again: somebody decided that it goes on.
    ///
    /// - Returns: `nil` when there is no such letter (any more); never `.noSubscription`.
    public func redrive(_ number: UInt64) -> PublishOutcome? {
        guard let letter = deadLetters.take(number) else { return nil }
        guard let target = directory.withLockedValue({ $0.subscriber(named: letter.target) }) else {
            deadLetters.putBack(letter)
            return .unavailable(reason: "\(letter.target) is not there any more")
        }
        var message = letter.message
        message.hops = 0
        let outcome = offer(message, to: target)
        if case .accepted(_, let durability) = outcome {
            if let durability {
                // Until then the store keeps it.
                durability.whenComplete { [deadLetters] _ in deadLetters.didSend(letter) }
            } else {
                deadLetters.didSend(letter)
            }
            return outcome
        }
        deadLetters.putBack(letter)
        return outcome
    }
}
