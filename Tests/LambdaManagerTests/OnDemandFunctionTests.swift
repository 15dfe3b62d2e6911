import Components
import Glibc
import LambdaLauncher
import NIOCore
import Testing

@testable import LambdaManager

/// A machine's story with instances that come and go with the work.
@Suite struct OnDemandFunctionTests {
    private func machine(_ countMax: Int = 10, idle: TimeAmount = .seconds(60)) -> FunctionMachine {
        var machine = FunctionMachine(.onDemand(countMax: countMax, idleTimeMax: idle), queue: 100)
        #expect(machine.start(now: start).states == [.running])
        return machine
    }

    /// The instance reports in, and one worker of it asks for work.
    private func serve(
        _ instance: UInt64,
        _ machine: inout FunctionMachine,
        now: NIODeadline = start
    ) -> [String] {
        _ = machine.didInitialize(instance, failure: nil, now: now)
        return machine.wait(Waiter(instance), of: instance, now: now).given
    }

    /// The instance answers, and asks for more.
    private func goOn(
        _ instance: UInt64,
        _ invocation: String,
        _ machine: inout FunctionMachine,
        now: NIODeadline = start
    ) -> [String] {
        #expect(machine.complete(invocation, with: done, by: instance, now: now) != nil)
        return machine.wait(Waiter(instance), of: instance, now: now).given
    }

    @Test("without work there is no instance")
    func sleeping() {
        #expect(machine().instances.isEmpty)
    }

    @Test("each waiting message starts an instance until as many start as may, and no more for one message")
    func scaling() throws {
        var machine = machine(100)
        var launched: [[UInt64]] = []
        for number in 1...6 {
            launched.append(machine.put(try .event("\(number)")).launched)
        }
        #expect(launched == [[1], [2], [3], [4], [], []])
        // One is ready: its place among those that start is free, and two messages wait for two more.
        #expect(machine.didInitialize(1, failure: nil, now: start).launched == [5])
        #expect(machine.wait(Waiter(1), of: 1, now: start).given == ["1"])
        #expect(machine.didInitialize(2, failure: nil, now: start).launched == [6])
        #expect(machine.didInitialize(3, failure: nil, now: start).launched == [])
    }

    @Test("ten thousand messages and a hundred instances: never more than may run, each message once")
    func bounds() throws {
        let count = 10_000
        var machine = FunctionMachine(.onDemand(countMax: 100, idleTimeMax: .seconds(60)), queue: count)
        _ = machine.start(now: start)
        var starting: [UInt64] = []
        var given: [String] = []
        var serving: [(UInt64, String)] = []
        for number in 0..<count {
            starting += machine.put(try .event("\(number)")).launched
        }
        #expect(starting.count == FunctionMachine.startingCountMax)
        while given.count < count {
            if let instance = starting.popLast() {
                starting += machine.didInitialize(instance, failure: nil, now: start).launched
                let work = machine.wait(Waiter(instance), of: instance, now: start)
                serving += work.given.map { (instance, $0) }
                given += work.given
            } else {
                let (instance, invocation) = serving.removeFirst()
                let work = goOn(instance, invocation, &machine)
                serving += work.map { (instance, $0) }
                given += work
            }
            #expect(machine.instances.count <= 100)
        }
        #expect(given == (0..<count).map(String.init))
        #expect(machine.instances.count == 100)
    }

    @Test("an instance between two invocations counts as coming: one message after the other starts one only")
    func sequence() throws {
        var machine = machine()
        #expect(machine.put(try .event("a")).launched == [1])
        #expect(serve(1, &machine) == ["a"])
        #expect(machine.complete("a", with: done, by: 1, now: start)?.launched == [])
        #expect(machine.put(try .event("b")).launched == [])
        #expect(machine.wait(Waiter(1), of: 1, now: start).given == ["b"])
        #expect(machine.put(try .event("c")).launched == [2])
    }

    @Test("the instance that was used last is used first, and those that idle their time end")
    func reuse() throws {
        var machine = machine(3, idle: .seconds(60))
        for id in ["a", "b", "c"] {
            _ = machine.put(try .event(id))
        }
        #expect(serve(1, &machine) + serve(2, &machine) + serve(3, &machine) == ["a", "b", "c"])
        for (instance, id) in [(UInt64(2), "b"), (3, "c"), (1, "a")] {
            #expect(goOn(instance, id, &machine) == [])
        }
        let later = start + .seconds(30)
        #expect(machine.put(try .event("d"), now: later).given == ["d"])
        #expect(machine.instances[1]?.invocation?.id == "d")
        #expect(goOn(1, "d", &machine, now: later) == [])
        // The wake-ups of the invocations' time-outs come first and move on to the idle time.
        for instance in [UInt64(1), 2, 3] {
            _ = machine.deadlineReached(instance, now: start + .seconds(40))
        }
        let idle = [UInt64(1), 2, 3].map { machine.deadlineReached($0, now: start + .seconds(60)).terminated }
        #expect(idle == [[], [2], [3]])
        #expect(machine.end(2, .exited(code: 143)).launched == [])
        #expect(machine.instances.keys.sorted() == [1, 3])
    }

    @Test("with no idle time each invocation has an instance of its own, and the next waits for its end")
    func fresh() throws {
        var machine = machine(1, idle: .zero)
        #expect(machine.put(try .event("a")).launched == [1])
        _ = machine.put(try .event("b"))
        #expect(serve(1, &machine) == ["a"])
        let end = machine.complete("a", with: done, by: 1, now: start)
        #expect(end?.terminated == [1])
        #expect(machine.wait(Waiter(9), of: 1, now: start).given == [])
        #expect(machine.end(1, .exited(code: 143)).launched == [2])
        #expect(serve(2, &machine) == ["b"])
    }

    @Test("an instance that answers and never asks again is ended, and its work is another's")
    func lostInterest() throws {
        var machine = machine(1)
        _ = machine.put(try .event("a"))
        #expect(serve(1, &machine) == ["a"])
        _ = machine.complete("a", with: done, by: 1, now: start)
        #expect(machine.put(try .event("b")).launched == [])
        let late = start + FunctionMachine.askTimeMax
        _ = machine.deadlineReached(1, now: start + .seconds(3))
        #expect(machine.deadlineReached(1, now: late).terminated == [1])
        #expect(machine.deadlineReached(1, now: late + FunctionMachine.stopGrace).killed == [1])
        #expect(machine.end(1, .signalled(number: SIGKILL), now: late).launched == [2])
    }

    @Test("instances that start together and fail together are one failure; then one tries alone")
    func failures() throws {
        var machine = machine()
        for id in ["a", "b", "c"] {
            _ = machine.put(try .event(id))
        }
        var states: [[String]] = []
        for instance in [UInt64(1), 2, 3] {
            _ = machine.didInitialize(instance, failure: "ImportError", now: start)
            let end = machine.end(instance)
            states.append(end.states.map(\.rawValue))
            #expect(end.launched == [])
        }
        #expect(states == [["ERRORED"], [], []])
        let again = start + .seconds(1)
        #expect(machine.retryIsDue(now: again).launched == [4])
        #expect(machine.put(try .event("d"), now: again).launched == [])
        _ = machine.didInitialize(4, failure: "ImportError", now: again)
        #expect(machine.end(4, now: again).states == [.errored])
        #expect(machine.retryIsDue(now: again).launched == [])
        #expect(machine.retryIsDue(now: again + .seconds(2)).launched == [5])
        _ = machine.didInitialize(5, failure: "ImportError", now: again + .seconds(2))
        _ = machine.put(.request("r"), now: again)
        let broken = machine.end(5, now: again + .seconds(2))
        #expect(broken.states == [.broken])
        #expect(broken.finished.map(\.id) == ["r"])
        #expect(machine.queue.count == 4)
        #expect(machine.restart(now: again + .seconds(3)).launched == [6, 7, 8, 9])
    }

    @Test(
        "an instance that dies in service is replaced at once, and its event is given up after three deaths"
    )
    func deaths() throws {
        var machine = machine()
        var launched = machine.put(try .event("poison")).launched
        for death in 1...3 {
            #expect(launched.count == 1)
            #expect(serve(UInt64(death), &machine) == ["poison"])
            let end = machine.end(UInt64(death))
            #expect(end.keptDead.count == (death == 3 ? 1 : 0))
            #expect(end.retries.isEmpty)
            launched = end.launched
        }
        #expect(launched.isEmpty)
        #expect(machine.instances.isEmpty)
    }

    @Test("a stop ends all and keeps events; a restart before the end takes the work up again")
    func stopAndRestart() throws {
        var machine = machine(2)
        for id in ["a", "b", "c"] {
            _ = machine.put(try .event(id))
        }
        #expect(serve(1, &machine) == ["a"])
        let stop = machine.stop(now: start)
        #expect(stop.terminated == [2])
        #expect(!stop.hasStopped)
        #expect(machine.end(2).launched == [])
        #expect(machine.queue.count == 2)
        let restart = machine.restart(now: start)
        #expect(restart.hasStopped)
        #expect(restart.terminated == [1])
        #expect(restart.launched == [3])
        #expect(serve(3, &machine) == ["a"])
        #expect(machine.end(1).launched == [4])
    }

    @Test("a process of the user's own serves alone and without time limits, until it is detached")
    func external() throws {
        var machine = machine(3)
        _ = machine.put(try .event("a"))
        _ = machine.put(try .event("b"))
        #expect(serve(1, &machine) == ["a"])
        let (external, actions) = machine.attach(now: start)
        #expect(actions.terminated == [1, 2])
        #expect(machine.end(1).launched == [])
        #expect(machine.end(2).launched == [])
        #expect(serve(external, &machine) == ["a"])
        #expect(machine.deadlineReached(external, now: start + .hours(1)).isEmpty)
        #expect(goOn(external, "a", &machine) == ["b"])
        let (second, takeover) = machine.attach(now: start)
        #expect(takeover.disowned == [external])
        #expect(serve(second, &machine) == ["b"])
        let end = machine.detach(second, now: start)
        #expect(end.disowned == [second])
        #expect(end.launched.count == 1)
        #expect(machine.detach(external, now: start).isEmpty)
    }
}

/// A process of the user's own in the place of a pinned function's instance.
@Suite struct ExternalInstanceTests {
    @Test("the pinned instance ends before it and comes back after it")
    func pinned() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        let (external, actions) = machine.attach(now: start)
        #expect(actions.terminated == [1])
        #expect(machine.end(1, .exited(code: 143)).launched == [])
        #expect(machine.didInitialize(external, failure: nil, now: start).states == [.running])
        #expect(machine.detach(external, now: start).launched == [external + 1])
    }

    @Test("a stop sends it away at once, and a function that is BROKEN can be served by it")
    func brokenAndStopped() throws {
        var machine = FunctionMachine(.pinned)
        var launched = machine.start(now: start).launched
        for _ in 1...3 {
            let instance = try #require(launched.first)
            _ = machine.didInitialize(instance, failure: "no", now: start)
            _ = machine.end(instance)
            launched = machine.retryIsDue(now: start + .seconds(1)).launched
        }
        #expect(machine.isBroken)
        let (external, _) = machine.attach(now: start)
        #expect(machine.put(.request("a")).finished.isEmpty)
        let stop = machine.stop(now: start)
        #expect(stop.disowned == [external])
        #expect(stop.hasStopped)
    }
}
