import Components
import LambdaLauncher
import NIOCore
import Testing

@testable import LambdaManager

/// The signs of life of a pinned function, and what happens without them.
@Suite struct StatusTests {
    /// A machine with the instance 1, which has reported in at `start` and waits for nothing.
    private func running() -> FunctionMachine {
        var machine = FunctionMachine(.pinned, timeout: 300)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        return machine
    }

    private func wait(_ seconds: Int64, _ machine: inout FunctionMachine) -> [FunctionMachine.Action] {
        machine.deadlineReached(1, now: start + .seconds(seconds))
    }

    @Test("one that never asks for work is ended as a failure, and another one tried")
    func silent() {
        var machine = running()
        #expect(wait(30, &machine).terminated == [])
        #expect(wait(60, &machine).terminated == [1])
        let end = machine.end(1, now: start + .seconds(60))
        #expect(end.causes == [.statusTimedOut(seconds: 60)])
        #expect(end.states == [.errored])
        #expect(end.retries.count == 1)
        #expect(machine.counters.ungracefullyKilled == 1)
    }

    @Test("one that waits for work, or serves an invocation, is well for as long as it does")
    func waiting() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start + .seconds(10))
        #expect(wait(60, &machine).isEmpty)
        #expect(wait(6_000, &machine).isEmpty)
        _ = machine.put(try .event("a"), now: start + .seconds(6_000))
        #expect(wait(6_200, &machine).killed == [])
        _ = machine.complete("a", with: done, by: 1, now: start + .seconds(6_200))
        #expect(wait(6_259, &machine).terminated == [])
        _ = wait(6_300, &machine)
        #expect(machine.instances[1]?.isEnding == true)
    }

    @Test("one whose worker went away and that still calls is well until it does not any more")
    func calling() {
        var machine = running()
        let waiter = Waiter(1)
        _ = machine.wait(waiter, of: 1, now: start)
        _ = machine.stopWaiting(waiter.id, of: 1, now: start)
        _ = machine.didCall(1, now: start + .seconds(50))
        _ = wait(30, &machine)
        #expect(wait(60, &machine).terminated == [])
        #expect(wait(109, &machine).terminated == [])
        #expect(wait(110, &machine).terminated == [1])
    }

    @Test("one that says it is ERRORED is ended, its event is tried again, and its request is Unhandled")
    func reportsErrored() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start)
        #expect(machine.put(.request("r")).given == ["r"])
        let report = machine.reportErrored(1, now: start)
        #expect(report.terminated == [1])
        #expect(report.finished.map(\.error) == [.unhandled])
        #expect(machine.reportErrored(1, now: start).isEmpty)
        #expect(machine.reportErrored(7, now: start).isEmpty)
        let end = machine.end(1)
        #expect(end.causes == [.reportedErrored])
        #expect(end.states == [.errored])
        #expect(machine.retryIsDue(now: end.retries[0]).launched == [2])
        _ = machine.didInitialize(2, failure: nil, now: start)
        _ = machine.wait(Waiter(2), of: 2, now: start)
        #expect(machine.put(try .event("e")).given == ["e"])
        _ = machine.reportErrored(2, now: start)
        #expect(machine.queue.count == 1)
    }
}
