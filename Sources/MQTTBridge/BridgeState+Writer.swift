import Broker
import NIOConcurrencyHelpers
import NIOCore
import Store

extension BridgeState.Shared {
    /// Whether the writer's bell has to be rung: there is something to do that it does not know of.
    mutating func needsWriter() -> Bool {
        let demand = self.spool.demand
        guard !demand.isSubset(of: self.toldDemand) else { return false }
        self.toldDemand.formUnion(demand)
        return true
    }
}

extension BridgeState {
    /// Answers the writer's bell: what there is to do, what is asked, and whether it is to end.
    func answerWriterBell() -> (UplinkSpool.Demand, [SpoolInquiry], isStopping: Bool) {
        self.shared.withLockedValue { shared in
            shared.toldDemand = shared.spool.demand
            defer { shared.inquiries = [] }
            return (shared.toldDemand, shared.inquiries, shared.isWriterStopping)
        }
    }

    /// Waits until the writer's bell is rung, or `deadline` has come.
    func waitForWriterBell(until deadline: NIODeadline) {
        // A poll takes milliseconds as 32 bits.
        let timeout = min(max(deadline - .now(), .zero), .hours(1))
        if self.writerBell.wait(for: timeout) { self.writerBell.silence() }
    }

    /// What is to be written, and who waits for it.
    func takeChanges() -> (SpoolChanges, EventLoopPromise<Void>?) {
        self.shared.withLockedValue { shared in
            defer { shared.written = nil }
            return (shared.spool.takeChanges(), shared.written)
        }
    }

    /// The changes could not be written: whoever waits for others need not wait any more, since nothing can
    /// be.
    func didFail(_ changes: SpoolChanges, because reason: String) {
        let waiting = self.shared.withLockedValue { shared in
            shared.spool.didFail(changes, because: reason)
            defer { shared.written = nil }
            return shared.written
        }
        waiting?.succeed()
    }

    /// Wakes the bridge's thread: the messages that it sends next have come from the file.
    func wakeBridge() {
        if self.shared.withLockedValue({ $0.needsWake() }) { self.wakeup.ring() }
    }

    /// The messages at `positions` that are in the file.
    ///
    /// - Throws: `SpoolFileError`, or `BridgeClosedError` when the writer has ended.
    func storedMessages(at positions: [Int64]) async throws -> [SpooledMessage] {
        guard !positions.isEmpty else { return [] }
        return try await withCheckedThrowingContinuation { continuation in
            let isRunning = self.shared.withLockedValue { shared in
                guard shared.hasWriter, !shared.isWriterStopping else { return false }
                shared.inquiries.append(SpoolInquiry(positions: positions, continuation: continuation))
                return true
            }
            guard isRunning else { return continuation.resume(throwing: BridgeClosedError()) }
            self.writerBell.ring()
        }
    }

    /// Lets the writer write what there is and end; returns when it has.
    func stopWriter() async {
        await withCheckedContinuation { continuation in
            let isRunning = self.shared.withLockedValue { shared in
                shared.isWriterStopping = true
                if shared.hasWriter { shared.writerEndWaiters.append(continuation) }
                return shared.hasWriter
            }
            guard isRunning else { return continuation.resume() }
            self.writerBell.ring()
        }
    }

    func writerStarts() {
        self.shared.withLockedValue { $0.hasWriter = true }
    }

    /// The writer is about to end: its last act.
    func writerEnds() {
        let waiters = self.shared.withLockedValue { shared in
            shared.hasWriter = false
            return shared.writerEndWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
