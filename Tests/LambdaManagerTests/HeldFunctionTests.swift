import Components
import LambdaLauncher
import NIOCore
import Testing

@testable import LambdaManager

/// Functions that depend on others.
@Suite struct HeldFunctionTests {
    private func held(_ policy: InstancePolicy) -> FunctionMachine {
        var machine = FunctionMachine(policy, isHeld: true)
        #expect(machine.start(now: start).states == [.installed])
        return machine
    }

    @Test("nothing is started before what it depends on runs; work waits")
    func waiting() throws {
        var pinned = held(.pinned)
        #expect(pinned.put(try .event("a")).isEmpty)
        #expect(pinned.dependenciesChanged(areRunning: false, hasLeft: false, now: start).isEmpty)
        #expect(pinned.dependenciesChanged(areRunning: true, hasLeft: false, now: start).launched == [1])
        #expect(pinned.dependenciesChanged(areRunning: true, hasLeft: false, now: start).isEmpty)
        var onDemand = held(.onDemand(countMax: 2, idleTimeMax: .seconds(60)))
        #expect(onDemand.put(try .event("a")).launched == [])
        #expect(onDemand.restart(now: start).launched == [])
        #expect(onDemand.dependenciesChanged(areRunning: true, hasLeft: false, now: start).launched == [1])
    }

    @Test("when that ends the function drains and waits; when it is back, the function is started anew")
    func leaving() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(try .event("a"))
        let left = machine.dependenciesChanged(areRunning: false, hasLeft: true, now: start)
        #expect(left.states == [.stopping])
        #expect(left.terminated == [])
        #expect(machine.complete("a", with: done, by: 1, now: start)?.terminated == [1])
        let end = machine.end(1, .exited(code: 143))
        #expect(end.states == [.installed])
        #expect(end.launched == [])
        #expect(machine.dependenciesChanged(areRunning: true, hasLeft: false, now: start).launched == [2])
    }

    @Test("what it depends on may be back before its own instance has ended")
    func quickReturn() {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        let actions = machine.dependenciesChanged(areRunning: true, hasLeft: true, now: start)
        #expect(actions.terminated == [1])
        #expect(actions.launched == [])
        #expect(machine.end(1, .exited(code: 143)).launched == [2])
    }

    @Test("one that was stopped or is BROKEN stays so")
    func stopped() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        _ = machine.stop(now: start)
        _ = machine.end(1)
        #expect(machine.dependenciesChanged(areRunning: false, hasLeft: true, now: start).isEmpty)
        #expect(machine.dependenciesChanged(areRunning: true, hasLeft: false, now: start).isEmpty)
    }
}
