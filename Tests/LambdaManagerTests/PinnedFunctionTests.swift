import Broker
import Components
import Glibc
import LambdaLauncher
import NIOCore
import Testing

@testable import LambdaManager

/// A machine's story with one instance that is always there.
@Suite struct PinnedFunctionTests {
    /// A machine with the instance 1, reported in, at `start`.
    private func running() -> FunctionMachine {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        return machine
    }

    @Test("a start launches one instance, and reporting in makes the function run")
    func starting() {
        var machine = FunctionMachine(.pinned)
        #expect(machine.start(now: start).states == [.starting])
        #expect(machine.start(now: start).isEmpty)
        #expect(machine.didInitialize(1, failure: nil, now: start).states == [.running])
        #expect(machine.instances.count == 1)
    }

    @Test("work goes out in order, one at a time, each when the one before is answered")
    func serial() throws {
        var machine = running()
        #expect(machine.wait(Waiter(1), of: 1, now: start).given.isEmpty)
        #expect(machine.put(try .event("a")).given == ["a"])
        #expect(machine.put(try .event("b")).given.isEmpty)
        #expect(machine.wait(Waiter(2), of: 1, now: start).given.isEmpty)
        let actions = machine.complete("a", with: done, by: 1, now: start)
        #expect((actions ?? []).given == ["b"])
    }

    @Test("a worker that waits before its runtime reported in gets work only then")
    func earlyWorker() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.wait(Waiter(1), of: 1, now: start)
        #expect(machine.put(try .event("a")).given.isEmpty)
        #expect(machine.didInitialize(1, failure: nil, now: start).given == ["a"])
    }

    @Test("an answer counts once, and only from the instance that serves")
    func answers() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(.request("a"))
        #expect(machine.complete("b", with: done, by: 1, now: start) == nil)
        #expect(machine.complete("a", with: done, by: 9, now: start) == nil)
        let answer = machine.complete("a", with: done, by: 1, now: start)
        let actions = try #require(answer)
        #expect(actions.finished.map(\.id) == ["a"])
        #expect(machine.complete("a", with: done, by: 1, now: start) == nil)
    }

    @Test("an invocation past its time is Unhandled, its instance is killed and another started")
    func timeOut() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(.request("a"))
        #expect(machine.deadlineReached(1, now: start + .seconds(2)).isEmpty)
        let actions = machine.deadlineReached(1, now: start + .seconds(3))
        #expect(actions.finished.first?.error == .unhandled)
        #expect(!actions.killed.isEmpty)
        #expect(machine.complete("a", with: done, by: 1, now: start + .seconds(4)) == nil)
        let end = machine.end(1, .signalled(number: SIGKILL), now: start + .seconds(4))
        #expect(!end.retries.isEmpty)
        #expect(end.states == [.errored])
        #expect(machine.retryIsDue(now: start + .seconds(5)).states == [.starting])
    }

    @Test("the wake-up of the initialisation does not hide a nearer time-out")
    func nearerDeadline() throws {
        var machine = FunctionMachine(.pinned, timeout: 3)
        let launch = machine.start(now: start)
        #expect(
            launch.wakes == [start + .seconds(30)]
        )
        _ = machine.didInitialize(1, failure: nil, now: start)
        _ = machine.wait(Waiter(1), of: 1, now: start)
        let actions = machine.put(.request("a"))
        #expect(
            actions.wakes == [start + .seconds(3)]
        )
    }

    @Test("answered invocations share one wake-up, which moves on to the deadline that counts")
    func sharedWake() throws {
        var machine = running()
        for (number, offset) in [(UInt64(1), Int64(0)), (2, 1), (3, 2)] {
            _ = machine.wait(Waiter(number), of: 1, now: start + .seconds(offset))
            let actions = machine.put(.request("\(number)"), now: start + .seconds(offset))
            #expect(actions.wakes.count == (number == 1 ? 1 : 0))
            if number < 3 {
                _ = machine.complete("\(number)", with: done, by: 1, now: start + .seconds(offset))
            }
        }
        #expect(machine.deadlineReached(1, now: start + .seconds(3)).wakes == [start + .seconds(5)])
        #expect(!machine.deadlineReached(1, now: start + .seconds(5)).killed.isEmpty)
    }

    @Test("an event whose instance dies is tried again, at its place, and given up after the third death")
    func poison() throws {
        var machine = running()
        _ = machine.put(try .event("poison"))
        _ = machine.put(try .event("next"))
        for (instance, isLast) in [(UInt64(1), false), (2, false), (3, true)] {
            if instance > 1 {
                _ = machine.retryIsDue(now: start + .seconds(60))
                _ = machine.didInitialize(instance, failure: nil, now: start)
            }
            #expect(machine.wait(Waiter(instance), of: instance, now: start).given == ["poison"])
            let actions = machine.end(instance, .exited(code: 3))
            #expect(actions.keptDead.count == (isLast ? 1 : 0))
        }
        _ = machine.retryIsDue(now: start + .seconds(60))
        _ = machine.didInitialize(4, failure: nil, now: start)
        #expect(machine.wait(Waiter(4), of: 4, now: start).given == ["next"])
    }

    @Test("a request whose instance dies is Unhandled and not tried again")
    func requestDies() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(.request("a"))
        let actions = machine.end(1, .exited(code: 1))
        #expect(actions.finished.first?.error == .unhandled)
        #expect(machine.queue.count == 0)
    }

    @Test(
        "an instance that does not report in is asked to end, then killed; three an hour break the function"
    )
    func initialisation() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        let asked = machine.deadlineReached(1, now: start + .seconds(30))
        #expect(asked.terminated == [1])
        #expect(!machine.deadlineReached(1, now: start + .seconds(32)).killed.isEmpty)
        #expect(machine.end(1, .signalled(number: SIGKILL)).states == [.errored])
        for instance in [UInt64(2), 3] {
            _ = machine.retryIsDue(now: start + .seconds(60))
            _ = machine.didInitialize(instance, failure: "ImportError", now: start)
            let end = machine.end(instance, .exited(code: 1))
            #expect(end.states == [instance == 3 ? .broken : .errored])
        }
        #expect(machine.retryIsDue(now: start + .seconds(60)).isEmpty)
        #expect(machine.put(.request("a")).finished.first?.error == .unhandled)
        #expect(machine.put(try .event("b")).isEmpty)
        #expect(machine.queue.count == 1)
        #expect(machine.start(now: start).states == [.starting])
    }

    @Test("a worker whose connection closed gets nothing, and work that was not sent goes back to the head")
    func lostConnections() throws {
        var machine = running()
        let gone = Waiter(1)
        _ = machine.wait(gone, of: 1, now: start)
        _ = machine.stopWaiting(gone.id, of: 1, now: start)
        #expect(machine.put(try .event("a")).given.isEmpty)
        _ = machine.put(try .event("b"))
        #expect(machine.wait(Waiter(2), of: 1, now: start).given == ["a"])
        _ = machine.wait(Waiter(3), of: 1, now: start)
        #expect(machine.workWasNotSent("a", to: 1, now: start).given == ["a"])
    }

    @Test("what is published while an invocation is served carries its hops and one more")
    func hops() throws {
        var machine = running()
        #expect(machine.didCall(1, now: start) == 0)
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(try .event("a", hops: 4))
        #expect(machine.didCall(1, now: start) == 5)
        _ = machine.complete("a", with: done, by: 1, now: start)
        #expect(machine.didCall(1, now: start) == 0)
    }

    @Test("an event that is no JSON for a json function is kept as a dead letter; a failed handler is not")
    func badPayload() throws {
        var machine = running()
        let invalid = InvocationResult(
            payload: ByteBuffer(string: #"{"errorMessage": "…", "errorType": "Runtime.UnmarshalError"}"#),
            functionError: .handled
        )
        let raised = InvocationResult(
            payload: ByteBuffer(string: #"{"errorMessage": "…", "errorType": "ValueError"}"#),
            functionError: .handled
        )
        for (id, result, count) in [("a", invalid, 1), ("b", raised, 0)] {
            _ = machine.wait(Waiter(1), of: 1, now: start)
            _ = machine.put(try .event(id))
            let answer = machine.complete(id, with: result, by: 1, now: start)
            let actions = try #require(answer)
            #expect(actions.keptDead.count == count)
        }
    }
}
