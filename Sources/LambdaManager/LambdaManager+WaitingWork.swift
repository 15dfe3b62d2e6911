package import Broker
internal import Components

/// How waiting events survive a restart.
extension LambdaManager {
    /// The daemon ends: from now on events that come for a stopped function wait as well, to be taken by
    /// `takeWaitingWork`.
    package func keepEvents() {
        for function in functions {
            function.keepEvents()
        }
    }

    /// Takes out the events that wait, by component, in the order of each queue.
    ///
    /// Invocations that somebody waited for are none of them: nobody is left to answer.
    package func takeWaitingWork() -> [WaitingWork] {
        functions.flatMap { $0.takeWaitingWork() }
    }

    /// Puts events that waited before a restart into the queues of the same functions, in their order; called
    /// before any function is started and any message comes.
    ///
    /// What belongs to a function that is not deployed any more, or exceeds the limits, becomes a dead
    /// letter.
    ///
    /// - Parameters:
    ///   - work: What `takeWaitingWork` gave.
    ///   - onFinish: Gets the id of each invocation that was answered or given up.
    package func resume(_ work: [WaitingWork], onFinish: @escaping @Sendable (String) -> Void) {
        context.resumed.expect(work.map(\.invocationID), onFinish: onFinish)
        let functions = Dictionary(uniqueKeysWithValues: functions.map { ($0.component.name, $0) })
        for work in work {
            if let function = functions[work.component], function.name == work.function {
                function.resume(work)
            } else {
                broker.keepDead(work.message, target: work.function, reason: "target not deployed")
                context.resumed.didFinish(work.invocationID)
            }
        }
    }
}
