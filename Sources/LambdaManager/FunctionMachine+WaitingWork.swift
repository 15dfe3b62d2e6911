internal import Broker

/// How events live on when the daemon ends.
extension FunctionMachine {
    /// Takes out the events that wait, in their order, but for those that the cloud sends again.
    mutating func takeEvents() -> [Invocation] {
        queue.removeAll { $0.message != nil }.filter { $0.message?.receipt?.isAwaited != true }
    }

    /// Puts an event that was accepted before a restart into the queue, before any other work has come.
    ///
    /// - Returns: The limit that is exhausted, in words; `nil` when there was room.
    mutating func resume(_ event: Invocation) -> String? {
        let instanceCountMax =
            switch policy {
            case .pinned: 1
            case .onDemand(let countMax, _): countMax
            }
        return queue.resume(event, beyond: instanceCountMax)
    }
}
