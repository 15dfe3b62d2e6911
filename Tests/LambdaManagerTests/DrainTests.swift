import Broker
import Components
import Glibc
import LambdaLauncher
import NIOCore
import Testing

@testable import LambdaManager

/// What stops, restarts and deployments do to the invocation that is being served.
@Suite struct DrainTests {
    /// A machine whose instance 1 serves the event `a`, with another worker waiting and `b` in the queue.
    private func serving(
        _ policy: InstancePolicy = .pinned,
        timeout: Int = 3
    ) throws -> FunctionMachine {
        var machine = FunctionMachine(policy, timeout: timeout)
        _ = machine.start(now: start)
        _ = machine.put(try .event("a"))
        _ = machine.didInitialize(1, failure: nil, now: start)
        #expect(machine.wait(Waiter(1), of: 1, now: start).given == ["a"])
        _ = machine.wait(Waiter(2), of: 1, now: start)
        _ = machine.put(try .event("b"))
        return machine
    }

    @Test("a stop lets the running invocation end, then the instance; what waits is kept and not given")
    func stopping() throws {
        var machine = try serving()
        _ = machine.put(.request("waiting"))
        let stop = machine.stop(now: start)
        #expect(stop.states == [.stopping])
        #expect(stop.finished.map(\.id) == ["waiting"])
        #expect(stop.terminated == [] && !stop.hasStopped)
        #expect(machine.reserve(byteCount: 1) == .gone("the function was stopped"))
        let completion = machine.complete("a", with: done, by: 1, now: start)
        let answer = try #require(completion)
        #expect(answer.terminated == [1])
        #expect(answer.given == [])
        let end = machine.end(1, .exited(code: 143))
        #expect(end.causes == [.stopped])
        #expect(end.states == [.finished])
        #expect(end.hasStopped)
        #expect(end.dismissedCount == 1)
        #expect(machine.queue.count == 1)
        #expect(machine.counters == FunctionCounters())
    }

    @Test("a request that is being served when the function is stopped gets its result")
    func request() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(.request("a"))
        #expect(machine.stop(now: start).finished.isEmpty)
        let completion = machine.complete("a", with: done, by: 1, now: start)
        let answer = try #require(completion)
        #expect(answer.finished.map(\.error) == [nil])
    }

    @Test("an invocation that drains is bounded by its own time-out, and that is no failure of a restart")
    func ownTimeout() throws {
        var machine = try serving()
        #expect(machine.restart(now: start).terminated == [])
        #expect(machine.deadlineReached(1, now: start + .seconds(3)).killed == [1])
        let end = machine.end(1, .signalled(number: SIGKILL), now: start + .seconds(3))
        #expect(end.causes == [.timedOut(seconds: 3)])
        #expect(end.retries.isEmpty)
        #expect(end.launched == [2])
        #expect(machine.queue.count == 2)
    }

    @Test("the daemon's end waits for its own time at most; the event goes back and is nobody's death")
    func limit() throws {
        var machine = try serving(timeout: 100)
        let limit = start + .seconds(15)
        #expect(machine.stop(now: start, limit: limit).wakes == [limit])
        #expect(machine.deadlineReached(1, now: limit).terminated == [1])
        #expect(machine.queue.count == 2)
        #expect(machine.complete("a", with: done, by: 1, now: limit) == nil)
        #expect(machine.end(1, now: limit).causes == [.stopped])
        #expect(machine.queue.removeAll { _ in true }.map(\.deaths) == [0, 0])
    }

    @Test("a time-out before the daemon's limit is still a time-out")
    func timeoutBeforeLimit() throws {
        var machine = try serving(timeout: 3)
        _ = machine.stop(now: start, limit: start + .seconds(15))
        #expect(machine.deadlineReached(1, now: start + .seconds(3)).killed == [1])
    }

    @Test("who stops or restarts twice does not wait", arguments: [true, false])
    func twice(stops: Bool) throws {
        var machine = try serving(timeout: 100)
        func again() -> [FunctionMachine.Action] {
            stops ? machine.stop(now: start) : machine.restart(now: start)
        }
        #expect(again().terminated == [])
        #expect(again().terminated == [1])
        #expect(machine.queue.count == 2)
        #expect(machine.end(1, .exited(code: 143)).launched == (stops ? [] : [2]))
    }

    @Test("a pinned function's restart waits for the answer; then the next instance serves what waits")
    func restartPinned() throws {
        var machine = try serving()
        let restart = machine.restart(now: start)
        #expect(restart.states == [.stopping])
        #expect(restart.launched == [])
        _ = machine.complete("a", with: done, by: 1, now: start)
        let end = machine.end(1, .exited(code: 143))
        #expect(end.states == [.starting])
        #expect(end.launched == [2])
        _ = machine.didInitialize(2, failure: nil, now: start)
        #expect(machine.wait(Waiter(3), of: 2, now: start).given == ["b"])
    }

    @Test("on demand, new instances take what waits while the old one drains")
    func restartOnDemand() throws {
        var machine = try serving(.onDemand(countMax: 5, idleTimeMax: .seconds(60)))
        #expect(machine.instances.count == 2)
        let restart = machine.restart(now: start)
        #expect(restart.terminated == [2])
        #expect(restart.launched == [3])
        #expect(restart.states == [.stopping, .running])
        _ = machine.didInitialize(3, failure: nil, now: start)
        #expect(machine.wait(Waiter(3), of: 3, now: start).given == ["b"])
        #expect(machine.complete("a", with: done, by: 1, now: start)?.terminated == [1])
        #expect(machine.end(1, .exited(code: 143)).causes == [.stopped])
    }

    @Test("work that an instance did not get when it was to drain is served by the next one, once")
    func notSent() throws {
        var machine = try serving()
        _ = machine.restart(now: start)
        #expect(machine.workWasNotSent("a", to: 1, now: start).terminated == [1])
        #expect(machine.end(1, .exited(code: 143)).launched == [2])
        _ = machine.didInitialize(2, failure: nil, now: start)
        #expect(machine.wait(Waiter(3), of: 2, now: start).given == ["a"])
    }

    @Test("a crash while it drains counts for the event, and the next instance tries it again")
    func crash() throws {
        var machine = try serving()
        _ = machine.restart(now: start)
        let end = machine.end(1, .exited(code: 1))
        #expect(end.causes == [.exited(code: 1)])
        #expect(end.launched == [2])
        #expect(machine.queue.removeAll { _ in true }.map(\.deaths) == [1, 0])
    }

    @Test("a deployment changes policy, times and room; what waits beyond the new room is kept")
    func redeployment() throws {
        var machine = try serving()
        let settings = FunctionSettings(
            policy: .onDemand(countMax: 2, idleTimeMax: .seconds(5)),
            timeoutSeconds: 7,
            statusTimeoutSeconds: 60
        )
        let actions = machine.redeploy(
            settings,
            queueCountMax: 1,
            dependenciesAreRunning: true,
            now: start
        )
        #expect(actions.launched == [2])
        #expect(machine.reserve(byteCount: 1) == .full("maxQueueSize 1"))
        _ = machine.didInitialize(2, failure: nil, now: start)
        let work = machine.wait(Waiter(3), of: 2, now: start)
        #expect(work.given == ["b"])
        #expect(machine.instances[2]?.deadline == start + .seconds(7))
        // The old one has its old time.
        #expect(machine.deadlineReached(1, now: start + .seconds(3)).killed == [1])
    }
}
