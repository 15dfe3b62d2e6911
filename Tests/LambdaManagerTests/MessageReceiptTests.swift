import Broker
import LambdaLauncher
import NIOConcurrencyHelpers
import NIOCore
import Testing
import TopicRouter

@testable import LambdaManager

/// A message whose sender waits until it is done with.
@Suite struct MessageReceiptTests {
    private let doneCount = NIOLockedValueBox(0)
    private let isAwaited = NIOLockedValueBox(true)
    private var isDone: Bool { doneCount.withLockedValue { $0 } == 1 }

    private func event() throws -> Invocation {
        let message = Message(
            topic: try TopicName("a"),
            payload: ByteBuffer(),
            origin: .cloud,
            receipt: MessageReceipt(
                isAwaited: { [isAwaited] in isAwaited.withLockedValue { $0 } },
                onRelease: { [doneCount] in doneCount.withLockedValue { $0 += 1 } }
            )
        )
        return Invocation(of: message, id: "event")
    }

    /// A machine with an instance that waits for work, unless it is told not to.
    private func machine(isWaiting: Bool = true) -> FunctionMachine {
        var machine = FunctionMachine(.pinned)
        _ = machine.start(now: start)
        _ = machine.didInitialize(1, failure: nil, now: start)
        if isWaiting { _ = machine.wait(Waiter(1), of: 1, now: start) }
        return machine
    }

    @Test("is held in the queue and in an instance's hands, and done with when that has answered")
    func served() throws {
        var machine = machine(isWaiting: false)
        _ = machine.put(try event())
        #expect(!isDone)
        #expect(machine.wait(Waiter(1), of: 1, now: start).given == ["event"])
        #expect(!isDone)
        _ = machine.complete("event", with: done, by: 1, now: start)
        #expect(isDone)
    }

    @Test("is held when an instance dies in it, until another one has answered")
    func retried() throws {
        var machine = machine()
        _ = machine.put(try event())
        let retries = machine.end(1).retries
        #expect(!isDone)
        let again = try #require(retries.first)
        let instance = try #require(machine.retryIsDue(now: again).launched.first)
        _ = machine.wait(Waiter(2), of: instance, now: again)
        #expect(machine.didInitialize(instance, failure: nil, now: again).given == ["event"])
        #expect(!isDone)
        _ = machine.complete("event", with: done, by: instance, now: again)
        #expect(isDone)
    }

    @Test("does not outlive the daemon's end while its sender keeps it, and does afterwards")
    func waitingWork() throws {
        for isKept in [true, false] {
            var machine = machine(isWaiting: false)
            machine.keepsEvents = true
            _ = machine.put(try event())
            _ = machine.stop(now: start, limit: start)
            isAwaited.withLockedValue { $0 = isKept }
            #expect(machine.takeEvents().map(\.id) == (isKept ? [] : ["event"]))
        }
        #expect(doneCount.withLockedValue { $0 } == 2)
    }
}
