import Broker
import LambdaLauncher
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import LambdaManager

/// How events live on when the daemon ends.
@Suite struct WaitingWorkTests {
    @Test("while the daemon ends a function takes events and refuses requests; what was served is first")
    func ending() throws {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        _ = machine.wait(Waiter(1), of: 1, now: start)
        #expect(machine.put(try .event("served")).given == ["served"])
        _ = machine.put(try .event("waits"))
        _ = machine.put(.request("request"))
        machine.keepsEvents = true
        let limit = start + .seconds(2)
        let actions = machine.stop(now: start, limit: limit)
        #expect(actions.finished.map(\.id) == ["request"])
        #expect(machine.put(try .event("late")).isEmpty)
        #expect(machine.put(.request("late request")).finished.map(\.id) == ["late request"])
        #expect(machine.deadlineReached(1, now: limit).terminated == [1])
        #expect(machine.end(1, .exited(code: 143)).hasStopped)
        #expect(machine.put(try .event("last")).isEmpty)
        #expect(machine.takeEvents().map(\.id) == ["served", "waits", "late", "last"])
        #expect(machine.queue.count == 0)
    }

    @Test("events come back in their order, within the limits and what instances had in hand")
    func resuming() throws {
        var machine = FunctionMachine(.onDemand(countMax: 2, idleTimeMax: .seconds(1)), queue: 3)
        let limits = try (1...7).map { machine.resume(try .event("\($0)")) }
        #expect(limits == [nil, nil, nil, nil, nil, "maxQueueSize 3", "maxQueueSize 3"])
        #expect(machine.reserve(byteCount: 1) == .full("maxQueueSize 3"))
        #expect(machine.takeEvents().map(\.id) == ["1", "2", "3", "4", "5"])
    }

    @Test("events that come back count against the bytes of the function and of all functions")
    func bytes() throws {
        let budget = ByteBudget(bytesMax: 20)
        var first = WorkQueue(countMax: 10, bytesMax: 8, budget: budget)
        // Each has three bytes of topic and one of payload.
        #expect(first.resume(try .event("a"), beyond: 1) == nil)
        #expect(first.resume(try .event("b"), beyond: 1) == nil)
        #expect(first.resume(try .event("c"), beyond: 1) == "8 bytes waiting for one function")
        var second = WorkQueue(countMax: 10, bytesMax: 100, budget: budget)
        #expect(try (1...3).map { second.resume(try .event("\($0)"), beyond: 1) } == [nil, nil, nil])
        #expect(second.resume(try .event("d"), beyond: 1) == "20 bytes waiting for all functions")
    }

    @Test("only what came back is told when it is finished, and once")
    func finishing() {
        let resumed = ResumedWork()
        let finished = NIOLockedValueBox<[String]>([])
        resumed.didFinish("a")
        resumed.expect(["a", "b"]) { id in finished.withLockedValue { $0.append(id) } }
        for id in ["b", "c", "b", "a", "a"] {
            resumed.didFinish(id)
        }
        #expect(finished.withLockedValue { $0 } == ["b", "a"])
    }
}
