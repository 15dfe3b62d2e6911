package import Broker
package import Components
package import GreengrassModel
package import LambdaLauncher
internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// One deployed function: a subscriber whose queue its instances work off.
///
/// It performs what its `FunctionMachine` decides. Any thread may call it; the machine is behind a lock, and
/// actions are performed after the lock is left.
package final class LambdaFunction: Subscriber {
    /// A process of an instance.
    struct Running {
        var process: (any RunningProcess)?
        var pid: Int32?
        var output = OutputTail()
    }

    /// What a process of the user's own holds.
    private struct ExternalInstance {
        let token: String
        let expiry: Scheduled<Void>
    }

    /// A process of the user's own may speak as the function for so long.
    static let externalTimeMax = TimeAmount.hours(1)

    /// The component that it is.
    package let component: Component

    let context: FunctionContext
    private let eventLoop: any EventLoop
    let machine: NIOLockedValueBox<FunctionMachine>
    let running = NIOLockedValueBox<[UInt64: Running]>([:])
    private let externals = NIOLockedValueBox<[UInt64: ExternalInstance]>([:])
    private let storedDefinition: NIOLockedValueBox<LambdaComponent>
    private let storedName: NIOLockedValueBox<String>
    let storedLastEnd = NIOLockedValueBox<InstanceEnd?>(nil)
    private let stopPromises = NIOLockedValueBox<[EventLoopPromise<Void>]>([])
    private let dependencies: FunctionDependencies
    private let logger: Logger

    init(
        definition: LambdaComponent,
        component: Component,
        context: FunctionContext,
        dependencies: FunctionDependencies,
        eventLoop: any EventLoop
    ) {
        self.storedDefinition = NIOLockedValueBox(definition)
        self.storedName = NIOLockedValueBox(definition.arn.description)
        self.dependencies = dependencies
        self.component = component
        self.context = context
        self.eventLoop = eventLoop
        self.machine = NIOLockedValueBox(
            FunctionMachine(
                settings: FunctionSettings(definition.parameters),
                queue: WorkQueue(
                    countMax: definition.parameters.maxQueueSize,
                    bytesMax: context.queueBytesMax,
                    budget: context.budget
                ),
                isHeld: dependencies.hasAny(definition)
            )
        )
        var logger = context.logger
        logger[metadataKey: "component"] = .string(component.name)
        self.logger = logger
        component.state = .installed
    }

    /// The function as its component file describes it.
    package var definition: LambdaComponent { storedDefinition.withLockedValue { $0 } }

    /// Its ARN with its version.
    package var arn: FunctionARN { definition.arn }

    /// What errors and logs call it as a target: its ARN.
    package var name: String { storedName.withLockedValue { $0 } }

    package func reserve(for message: Message) -> Reservation {
        machine.withLockedValue { $0.reserve(byteCount: message.byteCount) }
    }

    package func commit(_ message: Message) -> EventLoopFuture<Void>? {
        accept(Invocation(of: message, id: context.makeInvocationID()))
        return nil
    }

    package func didDrop(_ message: Message) {
        machine.withLockedValue { $0.counters.droppedMessages += 1 }
    }

    package func cancel(_ message: Message) {
        machine.withLockedValue { $0.cancel(byteCount: message.byteCount) }
    }

    /// Keeps room for an invocation; see `Subscriber.reserve`.
    func reserve(byteCount: Int) -> Reservation {
        machine.withLockedValue { $0.reserve(byteCount: byteCount) }
    }

    /// Takes an invocation into the room kept for it.
    func accept(_ invocation: Invocation) {
        perform { $0.commit(invocation, now: .now()) }
    }

    /// Takes up its work: a pinned function gets its instance, one on demand instances once there is work.
    package func start() {
        perform { machine in
            let areRunning = dependencies.areRunning(of: definition)
            return machine.start(now: .now())
                + machine.dependenciesChanged(areRunning: areRunning, hasLeft: false, now: .now())
        }
    }

    /// Ends its instances and takes up its work anew, also after it was stopped or is BROKEN.
    ///
    /// An instance that serves an invocation answers it first, unless this is the second call meanwhile.
    package func restart() {
        perform { $0.restart(now: .now()) }
    }

    /// Is what `definition`, of the same component, describes from now on, in new instances.
    func redeploy(_ definition: LambdaComponent) {
        perform { machine in
            storedDefinition.withLockedValue { $0 = definition }
            storedName.withLockedValue { $0 = definition.arn.description }
            component.version = definition.version
            return machine.redeploy(
                FunctionSettings(definition.parameters),
                queueCountMax: definition.parameters.maxQueueSize,
                dependenciesAreRunning: dependencies.areRunning(of: definition),
                now: .now()
            )
        }
    }

    /// What it depends on changed; `hasLeft` when some of it ended, though it may run again.
    func dependenciesChanged(hasLeft: Bool) {
        perform { machine in
            // Asked for under the lock, so that the last one to come here sees how things stand.
            let areRunning = dependencies.areRunning(of: definition)
            return machine.dependenciesChanged(areRunning: areRunning, hasLeft: hasLeft, now: .now())
        }
    }

    /// Lets a process of the user's own serve in place of the daemon's, for an hour at most.
    ///
    /// - Returns: The instance, and the plan to start it by: the environment has a token of its own.
    package func attach() -> (instance: UInt64, plan: LaunchPlan)? {
        guard let environment = context.environment.withLockedValue({ $0 }) else { return nil }
        let definition = definition
        let (instance, token, actions, change) = machine.withLockedValue { machine in
            let (instance, actions) = machine.attach(now: .now())
            let change = showState(after: actions)
            let token = context.tokens.issue(
                for: Identity(componentName: component.name, instance: instance, arn: definition.arn)
            )
            // Under the lock, so that no end of the instance can come before it.
            externals.withLockedValue {
                $0[instance] = ExternalInstance(
                    token: token,
                    expiry: eventLoop.scheduleTask(in: Self.externalTimeMax) { self.detach(instance) }
                )
            }
            return (instance, token, actions, change)
        }
        perform(actions)
        tell(change)
        return (instance, environment.planForUser(definition, instance: instance, token: token))
    }

    /// The user's own process serves no longer; one that is unknown or gone is ignored.
    package func detach(_ instance: UInt64) {
        perform { $0.detach(instance, now: .now()) }
    }

    /// Ends its instances; succeeds when the last one is gone.
    ///
    /// An instance that serves an invocation answers it first, unless this is the second call meanwhile.
    /// Until `limit` it may; without one, as long as the invocation may take.
    package func stop(limit: NIODeadline? = nil) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        stopPromises.withLockedValue { $0.append(promise) }
        perform { $0.stop(now: .now(), limit: limit) }
        return promise.futureResult
    }

    /// Takes what an instance says of itself: that it runs is known when it asks for work.
    package func report(_ state: ReportedState, by instance: UInt64) {
        if state == .errored {
            perform { $0.reportErrored(instance, now: .now()) }
        }
    }

    func didInitialize(_ instance: UInt64, failure: String?) {
        perform { $0.didInitialize(instance, failure: failure, now: .now()) }
    }

    func nextWork(for instance: UInt64, waiter: Waiter) {
        perform { $0.wait(waiter, of: instance, now: .now()) }
    }

    func stopWaiting(_ id: WaiterID, of instance: UInt64) {
        perform { $0.stopWaiting(id, of: instance, now: .now()) }
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
        if actions != nil {
            context.resumed.didFinish(invocationID)
        }
        return actions != nil
    }

    /// The instance calls.
    ///
    /// - Returns: How many functions stand before what it publishes now.
    func didCall(_ instance: UInt64) -> Int {
        machine.withLockedValue { $0.didCall(instance, now: .now()) }
    }

    /// The state is shown under the lock, so that events on two threads can't show theirs in the wrong order.
    private func perform(_ event: (inout FunctionMachine) -> [FunctionMachine.Action]) {
        let (actions, change) = machine.withLockedValue { machine in
            let actions = event(&machine)
            return (actions, showState(after: actions))
        }
        perform(actions)
        tell(change)
    }

    private enum StateChange {
        case none
        /// It runs, and did not.
        case arrived
        /// It does not run any more, or did not in between.
        case left
    }

    private func showState(after actions: [FunctionMachine.Action]) -> StateChange {
        var before: ComponentState?
        var isRunning = false
        var hasLeft = false
        for case .enter(let state) in actions {
            before = before ?? component.state
            component.state = state
            isRunning = state == .running
            hasLeft = hasLeft || !isRunning
        }
        guard let before else { return .none }
        if before == .running {
            return hasLeft ? .left : .none
        }
        return isRunning ? .arrived : .none
    }

    private func tell(_ change: StateChange) {
        switch change {
        case .none: break
        case .arrived: dependencies.tellDependents(of: component.name, hasLeft: false)
        case .left: dependencies.tellDependents(of: component.name, hasLeft: true)
        }
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
            running.withLockedValue { $0[instance]?.process }?.terminate()
        case .kill(let instance):
            running.withLockedValue { $0[instance]?.process }?.kill()
        case .disown(let instance):
            let external = externals.withLockedValue { $0.removeValue(forKey: instance) }
            external?.expiry.cancel()
            external.map { context.tokens.revoke($0.token) }
        case .wake(let instance, let deadline):
            eventLoop.scheduleTask(deadline: deadline) {
                self.perform { $0.deadlineReached(instance, now: .now()) }
            }
        case .retry(let time):
            eventLoop.scheduleTask(deadline: time) {
                self.perform { $0.retryIsDue(now: .now()) }
            }
        case .finish(let invocationID, let result):
            context.results.finish(invocationID, with: result)
        case .keepDead(let invocation, let reason):
            keepDead(invocation, reason: reason)
        case .report(let instance, let cause, let wasKilled):
            report(instance, cause, wasKilled: wasKilled)
        case .enter:
            break
        case .note(let level, let text):
            note(level, text)
        case .stopped:
            context.starter.endSpares(named: component.name)
            let promises = stopPromises.withLockedValue { promises in
                defer { promises = [] }
                return promises
            }
            for promise in promises {
                promise.succeed()
            }
        }
    }

    func keepDead(_ invocation: Invocation, reason: String) {
        guard let message = invocation.message else { return }
        note(.error, "gave up on \(invocation.id) (\(message.topic)): \(reason)")
        context.broker.keepDead(message, target: name, reason: reason)
        context.resumed.didFinish(invocation.id)
    }

    private func note(_ level: LogLevel, _ text: String) {
        component.log(level.rawValue.uppercased(), source: "trellis", text)
        logger.log(
            level: level == .error ? .error : level == .warn ? .warning : .info,
            "\(component.name): \(text)"
        )
    }

    /// Keeps how the instance ended, and shows its last words when that is no orderly end.
    private func report(_ instance: UInt64, _ cause: EndCause, wasKilled: Bool) {
        let output = running.withLockedValue { $0.removeValue(forKey: instance) }?.output.lines ?? []
        storedLastEnd.withLockedValue {
            $0 = InstanceEnd(instance: instance, cause, wasKilled: wasKilled, output: output)
        }
        guard !cause.isOrderly, !output.isEmpty else { return }
        logger.error("\(component.name): instance \(instance) said last:\n\(output.joined(separator: "\n"))")
    }

    private func launch(_ instance: UInt64) {
        let definition = definition
        let token = context.tokens.issue(
            for: Identity(componentName: component.name, instance: instance, arn: definition.arn)
        )
        guard let environment = context.environment.withLockedValue({ $0 }) else {
            return didEnd(instance, token: token, end: .failedToStart(reason: "the manager is not started"))
        }
        running.withLockedValue { $0[instance] = Running() }
        let process = context.starter.start(
            environment.plan(for: definition, instance: instance, token: token),
            onStart: { [running] pid in running.withLockedValue { $0[instance]?.pid = pid } },
            onOutput: { [component, running] level, line in
                let text = String(buffer: line)
                component.log(level.rawValue.uppercased(), source: "instance-\(instance)", text)
                running.withLockedValue { $0[instance]?.output.append(text) }
            },
            onEnd: { end in self.didEnd(instance, token: token, end: end) }
        )
        // Without effect when it has ended meanwhile.
        running.withLockedValue { $0[instance]?.process = process }
        let mustEnd = machine.withLockedValue { $0.instances[instance]?.isEnding ?? false }
        if mustEnd {
            process.terminate()
        }
    }

    private func didEnd(_ instance: UInt64, token: String, end: ProcessEnd) {
        context.tokens.revoke(token)
        perform {
            $0.instanceEnded(instance, end: end, now: .now(), jitter: Double.random(in: 0...1))
        }
    }
}
