package import Components
package import GreengrassModel
internal import LambdaLauncher
package import LambdaManager
internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// One deployed component that is no function.
///
/// It performs what its `ComponentMachine` decides. Any thread may call it; the machine is behind a lock, and
/// actions are performed after the lock is left.
package final class RunningComponent: Sendable {
    /// The process that there is.
    private struct Running {
        var instance: UInt64 = 0
        var process: (any RunningProcess)?
        var pid: Int32?
        var output = OutputTail()
    }

    private struct Storage {
        var machine: ComponentMachine
        var definition: GenericComponent
        var running = Running()
        var lastEnd: InstanceEnd?
        var stopPromises: [EventLoopPromise<Void>] = []
    }

    /// The component that it is.
    package let component: Component

    private let context: RunnerContext
    private let eventLoop: any EventLoop
    private let storage: NIOLockedValueBox<Storage>

    init(
        _ definition: GenericComponent,
        component: Component,
        context: RunnerContext,
        eventLoop: any EventLoop
    ) {
        self.component = component
        self.context = context
        self.eventLoop = eventLoop
        storage = NIOLockedValueBox(
            Storage(machine: ComponentMachine(definition), definition: definition)
        )
        component.state = .installed
    }

    /// The component as its file describes it.
    package var definition: GenericComponent { storage.withLockedValue { $0.definition } }

    /// Its process, in an array as functions have several.
    package var instances: [InstanceReport] {
        storage.withLockedValue { storage in
            guard let instance = storage.machine.instance else { return [] }
            let phase =
                switch (instance.cause == nil, instance.isPaused, instance.isRunning) {
                case (false, _, _): "ending"
                case (true, true, _): "paused"
                case (true, false, true): "running"
                case (true, false, false): "starting"
                }
            return [InstanceReport(number: instance.number, pid: storage.running.pid, phase: phase)]
        }
    }

    /// How its last process ended; `nil` as long as none has.
    package var lastEnd: InstanceEnd? { storage.withLockedValue { $0.lastEnd } }

    /// Who its process runs as, in words.
    package var user: String { context.environment?.user(of: definition) ?? "nobody: not started yet" }

    /// Starts its process; one that runs is ended first, and failures are forgotten.
    package func start() {
        perform { $0.start(now: .now()) }
    }

    /// Is what `definition`, of the same component, describes from now on, in a new process.
    package func redeploy(_ definition: GenericComponent) {
        storage.withLockedValue { $0.definition = definition }
        component.version = definition.version
        perform { $0.redeploy(definition, now: .now()) }
    }

    /// Ends its process; succeeds when that is gone.
    package func stop() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        storage.withLockedValue { $0.stopPromises.append(promise) }
        perform { $0.stop(now: .now()) }
        return promise.futureResult
    }

    /// Halts its process and process group, or lets them go on.
    ///
    /// - Throws: `ComponentError.invalidArguments` when it does not run.
    package func setPaused(_ isPaused: Bool) throws(ComponentError) {
        let actions = storage.withLockedValue { $0.machine.setPaused(isPaused) }
        guard let actions else {
            throw .invalidArguments(
                "\(component.name) is \(component.state.rawValue); only a RUNNING component can be "
                    + (isPaused ? "paused" : "resumed")
            )
        }
        perform(actions)
    }

    /// Takes what an instance says of itself.
    package func report(_ state: ReportedState, by instance: UInt64) {
        perform { $0.report(state, by: instance, now: .now()) }
    }

    /// The state is shown under the lock, so that events on two threads can't show theirs in the wrong order.
    private func perform(_ event: (inout ComponentMachine) -> [ComponentMachine.Action]) {
        let actions = storage.withLockedValue { storage in
            let actions = event(&storage.machine)
            for case .enter(let state) in actions {
                component.state = state
            }
            return actions
        }
        perform(actions)
    }

    private func perform(_ actions: [ComponentMachine.Action]) {
        for action in actions {
            switch action {
            case .launch(let instance):
                launch(instance)
            case .signal(let instance, let number):
                // Meanwhile it may have ended, and the next one may run.
                storage.withLockedValue { $0.running.instance == instance ? $0.running.process : nil }?
                    .signal(number)
            case .wake(let instance, let deadline):
                eventLoop.scheduleTask(deadline: deadline) {
                    self.perform { $0.deadlineReached(instance) }
                }
            case .retry(let time):
                eventLoop.scheduleTask(deadline: time) {
                    self.perform { $0.retryIsDue(now: .now()) }
                }
            case .report(let instance, let cause, let wasKilled):
                report(instance, cause, wasKilled: wasKilled)
            case .enter:
                break
            case .note(let level, let text):
                note(level, text)
            case .stopped:
                let promises = storage.withLockedValue { storage in
                    defer { storage.stopPromises = [] }
                    return storage.stopPromises
                }
                for promise in promises {
                    promise.succeed()
                }
            }
        }
    }

    private func launch(_ instance: UInt64) {
        let definition = definition
        let token = context.tokens.issue(for: Identity(componentName: component.name, instance: instance))
        guard let environment = context.environment else {
            return didEnd(instance, token, .failedToStart(reason: "the components are not started"))
        }
        let plan: LaunchPlan
        do throws(ComponentError) {
            plan = try environment.plan(for: definition, token: token)
        } catch {
            return didEnd(instance, token, .failedToStart(reason: "\(error)"))
        }
        storage.withLockedValue { $0.running = Running(instance: instance) }
        let process = context.starter.start(
            plan,
            onStart: { pid in
                self.storage.withLockedValue { $0.running.pid = pid }
                self.perform { $0.didStart(instance) }
            },
            onOutput: { [component, storage] level, line in
                let text = String(buffer: line)
                component.log(level.rawValue.uppercased(), source: "instance-\(instance)", text)
                storage.withLockedValue { $0.running.output.append(text) }
            },
            onEnd: { self.didEnd(instance, token, $0) }
        )
        let mustEnd = storage.withLockedValue { storage in
            // It may have ended meanwhile, and another one may have begun.
            guard let current = storage.machine.instance, current.number == instance else { return false }
            storage.running.process = process
            return current.cause != nil
        }
        if mustEnd {
            process.terminate()
        }
    }

    private func didEnd(_ instance: UInt64, _ token: String, _ end: ProcessEnd) {
        context.tokens.revoke(token)
        perform {
            $0.instanceEnded(instance, end: end, now: .now(), jitter: Double.random(in: 0...1))
        }
    }

    /// Keeps how the instance ended, and shows its last words when that is no orderly end.
    private func report(_ instance: UInt64, _ cause: EndCause, wasKilled: Bool) {
        let output = storage.withLockedValue { storage in
            var output: [String] = []
            // A start by somebody else may have come first, and its process stays.
            if storage.running.instance == instance {
                output = storage.running.output.lines
                storage.running = Running()
            }
            storage.lastEnd = InstanceEnd(instance: instance, cause, wasKilled: wasKilled, output: output)
            return output
        }
        guard !cause.isOrderly, cause != .exited(code: 0), !output.isEmpty else { return }
        context.logger.error("\(component.name) said last:\n\(output.joined(separator: "\n"))")
    }

    private func note(_ level: LogLevel, _ text: String) {
        component.log(level.rawValue.uppercased(), source: "trellis", text)
        context.logger.log(level: level == .error ? .error : .info, "\(component.name): \(text)")
    }
}
