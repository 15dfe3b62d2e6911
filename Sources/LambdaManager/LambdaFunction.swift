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
    private struct Running {
        var process: (any RunningProcess)?
        var pid: Int32?
    }

    /// What a process of the user's own holds.
    private struct ExternalInstance {
        let token: String
        let expiry: Scheduled<Void>
    }

    /// A process of the user's own may speak as the function for so long.
    static let externalTimeMax = TimeAmount.hours(1)

    /// The function as its component file describes it.
    package let definition: LambdaComponent
    /// The component that it is.
    package let component: Component
    /// What errors and logs call it: its ARN, as text.
    package let name: String

    private let context: FunctionContext
    private let eventLoop: any EventLoop
    private let machine: NIOLockedValueBox<FunctionMachine>
    private let running = NIOLockedValueBox<[UInt64: Running]>([:])
    private let externals = NIOLockedValueBox<[UInt64: ExternalInstance]>([:])
    private let storedLastEnd = NIOLockedValueBox<String?>(nil)
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
        self.name = definition.arn.description
        self.context = context
        self.eventLoop = eventLoop
        self.machine = NIOLockedValueBox(
            FunctionMachine(
                policy: InstancePolicy(definition.parameters),
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


    /// How many invocations wait.
    package var queueCount: Int { machine.withLockedValue { $0.queue.count } }

    /// How many instances there are, in any phase.
    package var instanceCount: Int { machine.withLockedValue { $0.instances.count } }

    /// The limit that its queue has reached, in words; `nil` while there is room for a message.
    package var fullQueue: String? { machine.withLockedValue { $0.queue.exhaustedLimit(byteCount: 1) } }

    /// How its last instance ended, and when; `nil` as long as none has.
    package var lastEnd: String? { storedLastEnd.withLockedValue { $0 } }

    /// Its instances, in the order of their starts.
    package var instances: [InstanceReport] {
        let pids = running.withLockedValue { $0.mapValues(\.pid) }
        return machine.withLockedValue { machine in
            machine.instances.sorted { $0.key < $1.key }.map { number, instance in
                InstanceReport(number: number, pid: pids[number] ?? nil, instance)
            }
        }
    }

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

    /// Takes up its work: a pinned function gets its instance, one on demand instances once there is work.
    package func start() {
        perform { $0.start(now: .now()) }
    }

    /// Ends its instances and takes up its work anew, also after it was stopped or is BROKEN.
    package func restart() {
        perform { $0.restart(now: .now()) }
    }

    /// Lets a process of the user's own serve in place of the daemon's, for an hour at most.
    ///
    /// - Returns: The instance, and the plan to start it by: the environment has a token of its own.
    package func attach() -> (instance: UInt64, plan: LaunchPlan)? {
        guard let environment = context.environment.withLockedValue({ $0 }) else { return nil }
        let (instance, token, actions) = machine.withLockedValue { machine in
            let (instance, actions) = machine.attach(now: .now())
            showState(after: actions)
            let token = context.tokens.issue(
                for: Identity(componentName: component.name, instance: instance)
            )
            // Under the lock, so that no end of the instance can come before it.
            externals.withLockedValue {
                $0[instance] = ExternalInstance(
                    token: token,
                    expiry: eventLoop.scheduleTask(in: Self.externalTimeMax) { self.detach(instance) }
                )
            }
            return (instance, token, actions)
        }
        perform(actions)
        return (instance, environment.planForUser(definition, instance: instance, token: token))
    }

    /// The user's own process serves no longer; one that is unknown or gone is ignored.
    package func detach(_ instance: UInt64) {
        perform { $0.detach(instance, now: .now()) }
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
        return actions != nil
    }

    func hops(of instance: UInt64) -> Int {
        machine.withLockedValue { $0.hops(of: instance) }
    }

    /// The state is shown under the lock, so that events on two threads can't show theirs in the wrong order.
    private func perform(_ event: (inout FunctionMachine) -> [FunctionMachine.Action]) {
        let actions = machine.withLockedValue { machine in
            let actions = event(&machine)
            showState(after: actions)
            return actions
        }
        perform(actions)
    }

    private func showState(after actions: [FunctionMachine.Action]) {
        for case .enter(let state) in actions {
            component.state = state
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
        running.withLockedValue { $0[instance] = Running() }
        let process = context.starter.start(
            environment.plan(for: definition, instance: instance, token: token),
            onStart: { [running] pid in running.withLockedValue { $0[instance]?.pid = pid } },
            onOutput: { [component] level, line in
                component.log(
                    level.rawValue.uppercased(),
                    source: "instance-\(instance)",
                    String(buffer: line)
                )
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
        running.withLockedValue { $0[instance] = nil }
        let time = Timestamp.text(millisecondsSinceEpoch: WallClock.millisecondsSinceEpoch())
        storedLastEnd.withLockedValue { $0 = "instance \(instance): \(end), \(time)" }
        perform {
            $0.instanceEnded(instance, end: end.description, now: .now(), jitter: Double.random(in: 0...1))
        }
    }
}
