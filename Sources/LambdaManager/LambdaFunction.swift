package import Broker
package import Components
package import GreengrassModel
internal import LambdaLauncher
internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// One deployed function: a subscriber whose queue its instances work off.
///
/// It performs what its `FunctionMachine` decides. Any thread may call it; the machine is behind a lock, and
/// actions are performed after the lock is left.
package final class LambdaFunction: Subscriber {
    /// The function as its component file describes it.
    package let definition: LambdaComponent
    /// The component that it is.
    package let component: Component

    private let context: FunctionContext
    private let eventLoop: any EventLoop
    private let machine: NIOLockedValueBox<FunctionMachine>
    private let running = NIOLockedValueBox<[UInt64: any RunningProcess]>([:])
    private let stopPromises = NIOLockedValueBox<[EventLoopPromise<Void>]>([])
    private let logger: Logger

    init(
        definition: LambdaComponent,
        component: Component,
        context: FunctionContext,
        eventLoop: any EventLoop
    ) {
        self.definition = definition
        self.component = component
        self.context = context
        self.eventLoop = eventLoop
        self.machine = NIOLockedValueBox(
            FunctionMachine(
                timeoutSeconds: Int(definition.parameters.timeout.components.seconds),
                queue: WorkQueue(
                    countMax: definition.parameters.maxQueueSize,
                    bytesMax: context.queueBytesMax,
                    budget: context.budget
                )
            )
        )
        var logger = context.logger
        logger[metadataKey: "component"] = .string(component.name)
        self.logger = logger
        component.state = .installed
    }

    /// Its ARN with its version.
    package var arn: FunctionARN { definition.arn }

    /// What errors and logs call it as a target: its ARN.
    package var name: String { arn.description }

    /// How many invocations wait.
    package var queueCount: Int { machine.withLockedValue { $0.queue.count } }

    /// How many instances there are, in any phase.
    package var instanceCount: Int { machine.withLockedValue { $0.instances.count } }

    package func reserve(for message: Message) -> Reservation {
        machine.withLockedValue { $0.reserve(byteCount: Invocation.byteCount(of: message)) }
    }

    package func commit(_ message: Message) -> EventLoopFuture<Void>? {
        accept(Invocation(of: message, id: context.makeInvocationID()))
        return nil
    }

    package func cancel(_ message: Message) {
        machine.withLockedValue { $0.cancel(byteCount: Invocation.byteCount(of: message)) }
    }

    /// Keeps room for an invocation; see `Subscriber.reserve`.
    func reserve(byteCount: Int) -> Reservation {
        machine.withLockedValue { $0.reserve(byteCount: byteCount) }
    }

    /// Takes an invocation into the room kept for it.
    func accept(_ invocation: Invocation) {
        perform { $0.commit(invocation, now: .now()) }
    }

    /// Starts its instance, if it has none.
    package func start() {
        perform { $0.start(instance: context.nextInstance(), now: .now()) }
    }

    /// Ends its instances; succeeds when the last one is gone.
    package func stop() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        stopPromises.withLockedValue { $0.append(promise) }
        perform { $0.stop(now: .now()) }
        return promise.futureResult
    }

    func didInitialize(_ instance: UInt64, failure: String?) {
        perform { $0.didInitialize(instance, failure: failure, now: .now()) }
    }

    func nextWork(for instance: UInt64, waiter: Waiter) {
        perform { $0.wait(waiter, of: instance, now: .now()) }
    }

    func stopWaiting(_ id: WaiterID, of instance: UInt64) {
        perform { $0.stopWaiting(id, of: instance) }
    }

    func workWasNotSent(_ invocationID: String, to instance: UInt64) {
        perform { $0.workWasNotSent(invocationID, to: instance, now: .now()) }
    }

    /// - Returns: Whether the instance served this invocation.
    func complete(_ invocationID: String, with result: InvocationResult, by instance: UInt64) -> Bool {
        let actions = machine.withLockedValue {
            $0.complete(invocationID, with: result, by: instance, now: .now())
        }
        perform(actions ?? [])
        return actions != nil
    }

    func hops(of instance: UInt64) -> Int {
        machine.withLockedValue { $0.hops(of: instance) }
    }

    /// The state is shown under the lock, so that events on two threads can't show theirs in the wrong order.
    private func perform(_ event: (inout FunctionMachine) -> [FunctionMachine.Action]) {
        let actions = machine.withLockedValue { machine in
            let actions = event(&machine)
            for case .enter(let state) in actions {
                component.state = state
            }
            return actions
        }
        perform(actions)
    }

    private func perform(_ actions: [FunctionMachine.Action]) {
        for action in actions {
            perform(action)
        }
    }

    private func perform(_ action: FunctionMachine.Action) {
        switch action {
        case .launch(let instance):
            launch(instance)
        case .give(let invocation, let waiter):
            waiter.promise.succeed(invocation.work)
        case .dismiss(let waiter):
            waiter.promise.fail(CallError.forbidden("this instance of \(name) gets no more work"))
        case .terminate(let instance):
            running.withLockedValue { $0[instance] }?.terminate()
        case .kill(let instance):
            running.withLockedValue { $0[instance] }?.kill()
        case .wake(let instance, let deadline):
            eventLoop.scheduleTask(deadline: deadline) {
                self.perform { $0.deadlineReached(instance, now: .now()) }
            }
        case .restart(let delay):
            eventLoop.scheduleTask(in: delay) {
                self.perform { $0.restartIsDue(instance: self.context.nextInstance(), now: .now()) }
            }
        case .finish(let invocationID, let result):
            context.results.finish(invocationID, with: result)
        case .keepDead(let invocation, let reason):
            keepDead(invocation, reason: reason)
        case .enter:
            break
        case .note(let level, let text):
            note(level, text)
        case .stopped:
            let promises = stopPromises.withLockedValue { promises in
                defer { promises = [] }
                return promises
            }
            for promise in promises {
                promise.succeed()
            }
        }
    }

    private func keepDead(_ invocation: Invocation, reason: String) {
        guard let message = invocation.message else { return }
        note(.error, "gave up on \(invocation.id) (\(message.topic)): \(reason)")
        context.broker.keepDead(message, target: name, reason: reason)
    }

    private func note(_ level: LogLevel, _ text: String) {
        component.log(level.rawValue.uppercased(), source: "trellis", text)
        logger.log(
            level: level == .error ? .error : level == .warn ? .warning : .info,
            "\(component.name): \(text)"
        )
    }

    private func launch(_ instance: UInt64) {
        let token = context.tokens.issue(for: Identity(componentName: component.name, instance: instance))
        guard let environment = context.environment.withLockedValue({ $0 }) else {
            return didEnd(instance, token: token, end: .failedToStart(reason: "the manager is not started"))
        }
        let plan = environment.plan(for: definition, instance: instance, token: token)
        let process = context.starter.start(
            plan,
            onOutput: { [component] level, line in
                component.log(
                    level.rawValue.uppercased(),
                    source: "instance-\(instance)",
                    String(buffer: line)
                )
            },
            onEnd: { end in self.didEnd(instance, token: token, end: end) }
        )
        // It may have ended before it could be written down.
        machine.withLockedValue { machine in
            guard machine.instances[instance] != nil else { return }
            running.withLockedValue { $0[instance] = process }
        }
    }

    private func didEnd(_ instance: UInt64, token: String, end: ProcessEnd) {
        context.tokens.revoke(token)
        perform {
            $0.instanceEnded(instance, end: end.description, now: .now(), jitter: Double.random(in: 0...1))
        }
        running.withLockedValue { $0[instance] = nil }
    }
}
