import Broker
import Components
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

@testable import LambdaManager

@Suite struct FunctionMachineTests {
    private typealias Action = FunctionMachine.Action

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let loop = EmbeddedEventLoop()

    private func machine(queue countMax: Int = 10, timeout: Int = 3) -> FunctionMachine {
        FunctionMachine(
            timeoutSeconds: timeout,
            queue: WorkQueue(countMax: countMax, bytesMax: 1_000, budget: QueueBudget(bytesMax: 1_000))
        )
    }

    /// A machine with the instance 1, reported in, at `start`.
    private func running() -> FunctionMachine {
        var machine = machine()
        _ = machine.start(instance: 1, now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        return machine
    }

    private func waiter(_ number: UInt64) -> Waiter {
        let promise = loop.makePromise(of: Work.self)
        promise.futureResult.whenComplete { _ in }
        promise.fail(CancellationError())
        return Waiter(id: WaiterID(number: number), promise: promise)
    }

    private func event(_ id: String, hops: Int = 0) throws -> Invocation {
        let message = Message(
            topic: try TopicName("a/b"),
            payload: ByteBuffer(string: id),
            origin: .cloud,
            hops: hops
        )
        return Invocation(of: message, id: id)
    }

    private func request(_ id: String) -> Invocation {
        Invocation(id: id, payload: ByteBuffer(), clientContext: "", kind: .requestResponse, hops: 0)
    }

    private func put(
        _ invocation: Invocation,
        in machine: inout FunctionMachine,
        now: NIODeadline
    ) -> [Action] {
        #expect(machine.reserve(byteCount: invocation.byteCount) == .ok)
        return machine.commit(invocation, now: now)
    }

    private func given(_ actions: [Action]) -> [String] {
        actions.compactMap { if case .give(let invocation, _) = $0 { invocation.id } else { nil } }
    }

    private func states(_ actions: [Action]) -> [ComponentState] {
        actions.compactMap { if case .enter(let state) = $0 { state } else { nil } }
    }

    private func finished(_ actions: [Action]) -> [(id: String, error: InvocationResult.FunctionError?)] {
        actions.compactMap {
            if case .finish(let id, let result) = $0 { (id, result.functionError) } else { nil }
        }
    }

    private func keptDead(_ actions: [Action]) -> [String] {
        actions.compactMap { if case .keepDead(_, let reason) = $0 { reason } else { nil } }
    }

    private func kills(_ actions: [Action]) -> Bool {
        actions.contains { if case .kill = $0 { true } else { false } }
    }

    private func restarts(_ actions: [Action]) -> Bool {
        actions.contains { if case .restart = $0 { true } else { false } }
    }

    private let done = InvocationResult(payload: ByteBuffer(string: "{}"), functionError: nil)

    @Test("a start launches one instance, and reporting in makes the function run")
    func starting() {
        var machine = machine()
        #expect(states(machine.start(instance: 1, now: start)) == [.starting])
        #expect(machine.start(instance: 2, now: start).isEmpty)
        #expect(states(machine.didInitialize(1, failure: nil, now: start)) == [.running])
        #expect(machine.instances.count == 1)
    }

    @Test("work goes out in order, one at a time, each when the one before is answered")
    func serial() throws {
        var machine = running()
        #expect(given(machine.wait(waiter(1), of: 1, now: start)).isEmpty)
        #expect(given(put(try event("a"), in: &machine, now: start)) == ["a"])
        #expect(given(put(try event("b"), in: &machine, now: start)).isEmpty)
        #expect(given(machine.wait(waiter(2), of: 1, now: start)).isEmpty)
        let actions = machine.complete("a", with: done, by: 1, now: start)
        #expect(given(actions ?? []) == ["b"])
    }

    @Test("a worker that waits before its runtime reported in gets work only then")
    func earlyWorker() throws {
        var machine = machine()
        _ = machine.start(instance: 1, now: start)
        _ = machine.wait(waiter(1), of: 1, now: start)
        #expect(given(put(try event("a"), in: &machine, now: start)).isEmpty)
        #expect(given(machine.didInitialize(1, failure: nil, now: start)) == ["a"])
    }

    @Test("an answer counts once, and only from the instance that serves")
    func answers() throws {
        var machine = running()
        _ = machine.wait(waiter(1), of: 1, now: start)
        _ = put(request("a"), in: &machine, now: start)
        #expect(machine.complete("b", with: done, by: 1, now: start) == nil)
        #expect(machine.complete("a", with: done, by: 9, now: start) == nil)
        let answer = machine.complete("a", with: done, by: 1, now: start)
        let actions = try #require(answer)
        #expect(finished(actions).map(\.id) == ["a"])
        #expect(machine.complete("a", with: done, by: 1, now: start) == nil)
    }

    @Test("an invocation past its time is Unhandled, its instance is killed and another started")
    func timeOut() throws {
        var machine = running()
        _ = machine.wait(waiter(1), of: 1, now: start)
        _ = put(request("a"), in: &machine, now: start)
        #expect(machine.deadlineReached(1, now: start + .seconds(2)).isEmpty)
        let actions = machine.deadlineReached(1, now: start + .seconds(3))
        #expect(finished(actions).first?.error == .unhandled)
        #expect(kills(actions))
        #expect(machine.complete("a", with: done, by: 1, now: start + .seconds(4)) == nil)
        let end = machine.instanceEnded(1, end: "killed by SIGKILL", now: start + .seconds(4), jitter: 0)
        #expect(restarts(end))
        #expect(states(end) == [.errored])
        #expect(states(machine.restartIsDue(instance: 2, now: start + .seconds(5))) == [.starting])
    }

    @Test("the wake-up of the initialisation does not hide a nearer time-out")
    func nearerDeadline() throws {
        var machine = machine(timeout: 3)
        let launch = machine.start(instance: 1, now: start)
        #expect(
            launch.contains { if case .wake(_, let at) = $0 { at == start + .seconds(30) } else { false } }
        )
        _ = machine.didInitialize(1, failure: nil, now: start)
        _ = machine.wait(waiter(1), of: 1, now: start)
        let actions = put(request("a"), in: &machine, now: start)
        #expect(
            actions.contains { if case .wake(_, let at) = $0 { at == start + .seconds(3) } else { false } }
        )
    }

    @Test("answered invocations share one wake-up, which moves on to the deadline that counts")
    func sharedWake() throws {
        var machine = running()
        let wakes = { (actions: [Action]) in
            actions.compactMap { if case .wake(_, let at) = $0 { at } else { nil } }
        }
        for (number, offset) in [(UInt64(1), Int64(0)), (2, 1), (3, 2)] {
            _ = machine.wait(waiter(number), of: 1, now: start + .seconds(offset))
            let actions = put(request("\(number)"), in: &machine, now: start + .seconds(offset))
            #expect(wakes(actions).count == (number == 1 ? 1 : 0))
            if number < 3 {
                _ = machine.complete("\(number)", with: done, by: 1, now: start + .seconds(offset))
            }
        }
        #expect(wakes(machine.deadlineReached(1, now: start + .seconds(3))) == [start + .seconds(5)])
        #expect(kills(machine.deadlineReached(1, now: start + .seconds(5))))
    }

    @Test("an event whose instance dies is tried again, at its place, and given up after the third death")
    func poison() throws {
        var machine = running()
        _ = put(try event("poison"), in: &machine, now: start)
        _ = put(try event("next"), in: &machine, now: start)
        for (instance, isLast) in [(UInt64(1), false), (2, false), (3, true)] {
            if instance > 1 {
                _ = machine.restartIsDue(instance: instance, now: start)
                _ = machine.didInitialize(instance, failure: nil, now: start)
            }
            #expect(given(machine.wait(waiter(instance), of: instance, now: start)) == ["poison"])
            let actions = machine.instanceEnded(instance, end: "exit status 3", now: start, jitter: 0)
            #expect(keptDead(actions).count == (isLast ? 1 : 0))
        }
        _ = machine.restartIsDue(instance: 4, now: start)
        _ = machine.didInitialize(4, failure: nil, now: start)
        #expect(given(machine.wait(waiter(4), of: 4, now: start)) == ["next"])
    }

    @Test("a request whose instance dies is Unhandled and not tried again")
    func requestDies() throws {
        var machine = running()
        _ = machine.wait(waiter(1), of: 1, now: start)
        _ = put(request("a"), in: &machine, now: start)
        let actions = machine.instanceEnded(1, end: "exit status 1", now: start, jitter: 0)
        #expect(finished(actions).first?.error == .unhandled)
        #expect(machine.queue.count == 0)
    }

    @Test(
        "an instance that does not report in is asked to end, then killed; three an hour break the function"
    )
    func initialisation() throws {
        var machine = machine()
        _ = machine.start(instance: 1, now: start)
        let asked = machine.deadlineReached(1, now: start + .seconds(30))
        #expect(asked.contains { if case .terminate = $0 { true } else { false } })
        #expect(kills(machine.deadlineReached(1, now: start + .seconds(32))))
        #expect(states(machine.instanceEnded(1, end: "killed", now: start, jitter: 0)) == [.errored])
        for instance in [UInt64(2), 3] {
            _ = machine.restartIsDue(instance: instance, now: start)
            _ = machine.didInitialize(instance, failure: "ImportError", now: start)
            let end = machine.instanceEnded(instance, end: "exit status 1", now: start, jitter: 0)
            #expect(states(end) == [instance == 3 ? .broken : .errored])
        }
        #expect(machine.restartIsDue(instance: 4, now: start).isEmpty)
        #expect(finished(put(request("a"), in: &machine, now: start)).first?.error == .unhandled)
        #expect(put(try event("b"), in: &machine, now: start).isEmpty)
        #expect(machine.queue.count == 1)
        #expect(states(machine.start(instance: 5, now: start)) == [.starting])
    }

    @Test("stopping ends the instance, dismisses its workers and keeps an event that was being served")
    func stopping() throws {
        var machine = running()
        _ = machine.wait(waiter(1), of: 1, now: start)
        _ = machine.wait(waiter(2), of: 1, now: start)
        _ = put(try event("a"), in: &machine, now: start)
        _ = put(request("waiting"), in: &machine, now: start)
        let actions = machine.stop(now: start)
        #expect(states(actions) == [.stopping])
        #expect(finished(actions).map(\.id) == ["waiting"])
        #expect(machine.reserve(byteCount: 1) == .gone("the function was stopped"))
        #expect(machine.queue.count == 1)
        let end = machine.instanceEnded(1, end: "exit status 0", now: start, jitter: 0)
        #expect(states(end) == [.finished])
        #expect(end.contains { if case .stopped = $0 { true } else { false } })
        #expect(end.count { if case .dismiss = $0 { true } else { false } } == 1)
        #expect(!restarts(end))
    }

    @Test("a worker whose connection closed gets nothing, and work that was not sent goes back to the head")
    func lostConnections() throws {
        var machine = running()
        let gone = waiter(1)
        _ = machine.wait(gone, of: 1, now: start)
        _ = machine.stopWaiting(gone.id, of: 1)
        #expect(given(put(try event("a"), in: &machine, now: start)).isEmpty)
        _ = put(try event("b"), in: &machine, now: start)
        #expect(given(machine.wait(waiter(2), of: 1, now: start)) == ["a"])
        _ = machine.wait(waiter(3), of: 1, now: start)
        #expect(given(machine.workWasNotSent("a", to: 1, now: start)) == ["a"])
    }

    @Test("what is published while an invocation is served carries its hops and one more")
    func hops() throws {
        var machine = running()
        #expect(machine.hops(of: 1) == 0)
        _ = machine.wait(waiter(1), of: 1, now: start)
        _ = put(try event("a", hops: 4), in: &machine, now: start)
        #expect(machine.hops(of: 1) == 5)
        _ = machine.complete("a", with: done, by: 1, now: start)
        #expect(machine.hops(of: 1) == 0)
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
            _ = machine.wait(waiter(1), of: 1, now: start)
            _ = put(try event(id), in: &machine, now: start)
            let answer = machine.complete(id, with: result, by: 1, now: start)
            let actions = try #require(answer)
            #expect(keptDead(actions).count == count)
        }
    }
}
