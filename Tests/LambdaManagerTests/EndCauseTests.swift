import Broker
import Components
import Glibc
import LambdaLauncher
import NIOCore
import Testing

@testable import LambdaManager

/// How the end of an instance is told, and counted.
@Suite struct EndCauseTests {
    private func running(_ policy: InstancePolicy = .pinned) -> FunctionMachine {
        var machine = FunctionMachine(policy)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        return machine
    }

    @Test(
        "a process that ended by itself is told by how it did",
        arguments: [
            (ProcessEnd.exited(code: 3), "exit status 3", "exit", 1, 0),
            (.exited(code: 0), "exit status 0", "exit", 1, 0),
            (.signalled(number: SIGSEGV), "killed by SIGSEGV", "signal", 1, 0),
            (.outOfMemory, "out of memory", "outOfMemory", 0, 1),
            (
                .failedToStart(reason: "no such file"), "could not be started: no such file", "failedToStart",
                0, 0
            ),
        ]
    )
    func byItself(end: ProcessEnd, text: String, word: String, killed: Int, outOfMemory: Int) throws {
        var machine = running()
        let causes = machine.end(1, end).causes
        #expect(causes.map(\.description) == [text])
        #expect(causes.map(\.word) == [word])
        #expect(machine.counters.ungracefullyKilled == killed)
        #expect(machine.counters.outOfMemory == outOfMemory)
    }

    @Test("one that was asked to end is told by why, not by its exit status")
    func asked() throws {
        var machine = running()
        _ = machine.restart(now: start)
        #expect(machine.end(1, .exited(code: 143)).notes == ["ended: stopped"])
        var onDemand = FunctionMachine(.onDemand(countMax: 1, idleTimeMax: .seconds(60)))
        _ = onDemand.start(now: start)
        _ = onDemand.put(try .event("a"))
        _ = onDemand.didInitialize(1, failure: nil, now: start)
        _ = onDemand.wait(Waiter(1), of: 1, now: start)
        _ = onDemand.complete("a", with: done, by: 1, now: start)
        _ = onDemand.wait(Waiter(2), of: 1, now: start)
        _ = onDemand.deadlineReached(1, now: start + .seconds(60))
        #expect(onDemand.end(1, .exited(code: 143)).causes == [.notNeeded])
        #expect(onDemand.counters == FunctionCounters())
    }

    @Test("one that does not obey has to be killed, and that counts; memory comes before what was asked")
    func disobedient() {
        var machine = running()
        _ = machine.restart(now: start)
        #expect(machine.deadlineReached(1, now: start + FunctionMachine.stopGrace).killed == [1])
        let end = machine.end(1, .signalled(number: SIGKILL))
        #expect(end.causes == [.stopped])
        #expect(machine.counters.ungracefullyKilled == 1)
        let told = InstanceEnd(instance: 1, .stopped, wasKilled: true, output: [])
        #expect(told.text == "stopped; had to be killed")
        _ = machine.restart(now: start)
        #expect(machine.end(2, .outOfMemory).causes == [.outOfMemory])
    }

    @Test("why it could not be initialised is told, also when nobody said")
    func initialization() {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: "ImportError: no", now: start)
        let end = machine.end(1, .exited(code: 1))
        #expect(end.causes == [.failedToInitialize(reason: "ImportError: no")])
        let note = end.notes.last ?? ""
        #expect(note.hasPrefix("ended: failed to initialise: ImportError: no; starts again"))
        _ = machine.retryIsDue(now: start + .seconds(1))
        _ = machine.deadlineReached(2, now: start + .seconds(31))
        #expect(machine.end(2).causes == [.initializationTimedOut(seconds: 30)])
    }

    @Test("an invocation is told that memory ran out, in Lambda's words")
    func outOfMemory() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(.request("a"))
        let documents = machine.end(1, .outOfMemory).compactMap { action -> String? in
            guard case .finish(_, let result) = action else { return nil }
            return String(buffer: result.payload)
        }
        #expect(documents.count == 1)
        #expect(documents.joined().contains(#""errorType":"Runtime.OutOfMemory""#))
    }

    @Test("time-outs, errors and lost messages are counted once each")
    func counters() throws {
        var machine = running()
        _ = machine.wait(Waiter(1), of: 1, now: start)
        _ = machine.put(try .event("a"))
        let failed = InvocationResult(payload: ByteBuffer(string: "{}"), functionError: .handled)
        _ = machine.complete("a", with: failed, by: 1, now: start)
        #expect(machine.counters.errors == 1)
        _ = machine.put(try .event("b"))
        for instance in UInt64(1)...3 {
            _ = machine.wait(Waiter(instance), of: instance, now: start)
            _ = machine.deadlineReached(instance, now: start + .seconds(3))
            _ = machine.end(instance, .signalled(number: SIGKILL))
            _ = machine.retryIsDue(now: start + .minutes(1))
            _ = machine.didInitialize(instance + 1, failure: nil, now: start)
        }
        #expect(machine.counters.timeouts == 3)
        #expect(machine.counters.droppedMessages == 1)
        #expect(machine.counters.ungracefullyKilled == 0)
    }

    @Test("the last lines of the output are kept, in few bytes")
    func tail() {
        var tail = OutputTail()
        for number in 1...20 {
            tail.append("line \(number)")
        }
        #expect(tail.lines == (11...20).map { "line \($0)" })
        tail.append(String(repeating: "x", count: 100_000))
        #expect(tail.lines.count == 1)
        #expect(tail.lines[0].utf8.count == OutputTail.bytesMax)
        tail.append("last")
        #expect(tail.lines == ["last"])
    }
}
