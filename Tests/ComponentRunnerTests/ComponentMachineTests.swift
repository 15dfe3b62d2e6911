import Components
import Glibc
import GreengrassModel
import LambdaLauncher
import LambdaManager
import NIOCore
import Testing

@testable import ComponentRunner

@Suite struct ComponentMachineTests {
    private typealias Action = ComponentMachine.Action

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func machine(_ restart: GenericComponent.RestartRule = .onFailure) throws -> ComponentMachine {
        var definition = GenericComponent(
            name: try ComponentName("a"),
            command: ["true"],
            workingDirectory: "/"
        )
        definition.restart = restart
        return ComponentMachine(definition)
    }

    /// A machine whose first process runs.
    private func running(_ restart: GenericComponent.RestartRule = .onFailure) throws -> ComponentMachine {
        var machine = try machine(restart)
        #expect(machine.start(now: start) == [.enter(.starting), .launch(instance: 1)])
        #expect(machine.didStart(1) == [.enter(.running)])
        return machine
    }

    private func states(_ actions: [Action]) -> [ComponentState] {
        actions.compactMap { if case .enter(let state) = $0 { state } else { nil } }
    }

    /// Lets the process end after `seconds`, and starts the next one when its time has come.
    private func end(
        _ machine: inout ComponentMachine,
        _ end: ProcessEnd,
        at seconds: Int64
    ) -> [Action] {
        let number = machine.instance?.number ?? 0
        let actions = machine.instanceEnded(number, end: end, now: start + .seconds(seconds), jitter: 1)
        for case .retry(let time) in actions {
            #expect(machine.retryIsDue(now: time - .nanoseconds(1)) == [])
            #expect(
                machine.retryIsDue(now: time) == [.enter(.starting), .launch(instance: number + 1)]
            )
            #expect(machine.didStart(number + 1) == [.enter(.running)])
        }
        return actions
    }

    @Test("a program that ends well has finished, unless it is to run always")
    func success() throws {
        for rule in [GenericComponent.RestartRule.onFailure, .never] {
            var machine = try running(rule)
            #expect(states(end(&machine, .exited(code: 0), at: 1)) == [.finished])
            #expect(machine.instance == nil)
            #expect(machine.stop(now: start) == [.enter(.finished), .stopped])
        }
        var machine = try running(.always)
        for number in 1...5 {
            #expect(states(end(&machine, .exited(code: 0), at: Int64(number))) == [.finished])
            #expect(machine.instance?.number == UInt64(number + 1))
        }
    }

    @Test("a program that fails is started again after a delay, and never when it is not to be")
    func failure() throws {
        for rule in [GenericComponent.RestartRule.onFailure, .always] {
            var machine = try running(rule)
            let actions = end(&machine, .exited(code: 3), at: 1)
            #expect(states(actions) == [.errored])
            #expect(actions.contains(.report(instance: 1, .exited(code: 3), wasKilled: false)))
            #expect(actions.contains(.retry(at: start + .milliseconds(1_500))))
        }
        var machine = try running(.never)
        #expect(states(end(&machine, .signalled(number: SIGSEGV), at: 1)) == [.broken])
        #expect(machine.start(now: start) == [.enter(.starting), .launch(instance: 2)])
    }

    @Test("three failures in the first minute within an hour make a component BROKEN, until it is restarted")
    func broken() throws {
        var machine = try running()
        #expect(states(end(&machine, .exited(code: 1), at: 1)) == [.errored])
        #expect(states(end(&machine, .failedToStart(reason: "no"), at: 2)) == [.errored])
        #expect(states(end(&machine, .exited(code: 1), at: 3)) == [.broken])
        #expect(machine.retryIsDue(now: .distantFuture) == [])
        #expect(machine.start(now: start) == [.enter(.starting), .launch(instance: 4)])
        #expect(states(end(&machine, .exited(code: 1), at: 4)) == [.errored])
    }

    @Test("a component that fails after its first minute is started again for ever")
    func late() throws {
        var machine = try running()
        for number in 1...10 {
            #expect(states(end(&machine, .exited(code: 1), at: Int64(number) * 200)) == [.errored])
        }
    }

    @Test("a stopped process is asked to end, then killed, and reported as stopped")
    func stop() throws {
        var machine = try running()
        let wake = Action.wake(instance: 1, at: start + .seconds(15))
        #expect(machine.stop(now: start) == [.enter(.stopping), .signal(instance: 1, SIGTERM), wake])
        #expect(machine.stop(now: start) == [])
        #expect(machine.deadlineReached(1) == [.signal(instance: 1, SIGKILL)])
        let actions = end(&machine, .signalled(number: SIGKILL), at: 15)
        #expect(actions.first == .report(instance: 1, .stopped, wasKilled: true))
        #expect(actions.last == .stopped && states(actions) == [.finished])
        #expect(machine.deadlineReached(1) == [])
    }

    @Test("a restart ends the process and starts the next one at once, also while it is being stopped")
    func restart() throws {
        var machine = try running()
        #expect(states(machine.start(now: start)) == [.stopping])
        #expect(states(end(&machine, .exited(code: 0), at: 1)) == [.starting])
        #expect(machine.didStart(2) == [.enter(.running)])
        _ = machine.stop(now: start)
        #expect(machine.start(now: start) == [.stopped])
        #expect(states(end(&machine, .exited(code: 0), at: 1)) == [.starting])
    }

    @Test("a component's own word counts while it runs: ERRORED ends it as a crash would")
    func reports() throws {
        var machine = try running()
        #expect(machine.report(.running, by: 1, now: start) == [.enter(.running)])
        #expect(machine.report(.errored, by: 7, now: start) == [])
        #expect(states(machine.report(.errored, by: 1, now: start)) == [.stopping])
        #expect(machine.report(.running, by: 1, now: start) == [])
        let actions = end(&machine, .exited(code: 0), at: 1)
        #expect(actions.first == .report(instance: 1, .reportedErrored, wasKilled: false))
        #expect(states(actions) == [.errored])
    }

    @Test("a running process is paused and resumed once, and goes on to take the signal that ends it")
    func pause() throws {
        var machine = try machine()
        #expect(machine.setPaused(true) == nil)
        _ = machine.start(now: start)
        #expect(machine.setPaused(true) == nil)
        _ = machine.didStart(1)
        #expect(machine.setPaused(false) == [])
        #expect(machine.setPaused(true)?.first == .signal(instance: 1, SIGSTOP))
        #expect(machine.setPaused(true) == [])
        #expect(machine.setPaused(false)?.first == .signal(instance: 1, SIGCONT))
        #expect(machine.setPaused(true)?.first == .signal(instance: 1, SIGSTOP))
        #expect(
            machine.stop(now: start).prefix(3)
                == [.enter(.stopping), .signal(instance: 1, SIGTERM), .signal(instance: 1, SIGCONT)]
        )
        #expect(machine.setPaused(true) == nil)
    }
}
