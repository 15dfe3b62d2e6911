internal import Broker
internal import Components
internal import NIOConcurrencyHelpers

/// How waiting events survive a restart.
extension LambdaFunction {
    /// Lets events come into the queue when it is stopped, too; invocations whose result is waited for are
    /// refused.
    func keepEvents() {
        machine.withLockedValue { $0.keepsEvents = true }
    }

    /// Takes out the events that wait, in their order, but for those that the cloud sends again.
    func takeWaitingWork() -> [WaitingWork] {
        machine.withLockedValue { $0.takeEvents() }.compactMap { event in
            event.message.map { message in
                WaitingWork(
                    component: component.name,
                    function: name,
                    invocationID: event.id,
                    deaths: event.deaths,
                    message: message
                )
            }
        }
    }

    /// Puts an event that waited before a restart into the queue, or keeps it dead where there is no room.
    func resume(_ work: WaitingWork) {
        var event = Invocation(of: work.message, id: work.invocationID)
        event.deaths = work.deaths
        if let limit = machine.withLockedValue({ $0.resume(event) }) {
            keepDead(event, reason: "queue full: \(limit)")
        }
    }
}
