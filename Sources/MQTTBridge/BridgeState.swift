import Broker
import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// What the bridge's callers and its thread share, and the bell by which callers wake the thread.
///
/// This file has what callers do, on any thread; `BridgeState+Thread.swift` has what the bridge's thread
/// does.
final class BridgeState: Sendable {
    struct Shared {
        var spool: UplinkSpool
        var link = CloudLinkState.disconnected
        /// Why there is no connection; nil while there is one, and before the first attempt has failed.
        var problem: String?
        /// The filters of the cloud bus, as told last.
        var filters: Set<TopicFilter> = []
        /// Whether the thread has not taken `filters` yet.
        var areFiltersNew = false
        /// Whether the bell has been rung since the thread looked last.
        var isWakePending = false
        var hasThread = false
        /// When the thread must have ended, once it is asked to.
        var stopDeadline: NIODeadline?
        var connectWaiters: [EventLoopPromise<Void>] = []
        var endWaiters: [CheckedContinuation<Void, Never>] = []
        var refusedInboundCount = 0
        /// Messages that came down, are acknowledged late, and are not done with yet.
        var heldCount = 0

        /// Where the link stands for a caller: filters that were just told count at once.
        var visibleLink: CloudLinkState {
            self.link == .connected && self.areFiltersNew ? .connecting : self.link
        }

        /// Notes that the thread must look, and tells whether the bell has to be rung for it.
        mutating func needsWake() -> Bool {
            defer { self.isWakePending = true }
            return !self.isWakePending
        }
    }

    let wakeup: Wakeup
    let shared: NIOLockedValueBox<Shared>

    /// - Throws: `IOError` when the process has no descriptor left.
    init(spool: UplinkSpool) throws {
        self.wakeup = try Wakeup()
        self.shared = NIOLockedValueBox(Shared(spool: spool))
    }

    var link: CloudLinkState { self.shared.withLockedValue(\.visibleLink) }

    var problem: String? { self.shared.withLockedValue(\.problem) }

    /// A receipt for a message that came down: until it is gone the message is held.
    func makeReceipt() -> MessageReceipt {
        self.shared.withLockedValue { $0.heldCount += 1 }
        return MessageReceipt { self.release() }
    }

    private func release() {
        let needsWake = self.shared.withLockedValue { shared in
            shared.heldCount -= 1
            return shared.heldCount == 0 && shared.needsWake()
        }
        if needsWake { self.wakeup.ring() }
    }

    var isHolding: Bool { self.shared.withLockedValue { $0.heldCount > 0 } }

    var refusedInboundCount: Int { self.shared.withLockedValue(\.refusedInboundCount) }

    func reserve(for message: Message) -> (answer: Reservation, dropped: [Message]) {
        self.shared.withLockedValue { $0.spool.reserve(for: message) }
    }

    /// Puts `message` into the spool, and wakes the thread if it could send it now.
    ///
    /// - Returns: nil, or why the message can't be kept after all.
    func commit(_ message: Message) -> String? {
        let (refusal, needsWake) = self.shared.withLockedValue { shared in
            let refusal = shared.spool.commit(message)
            let canSend = shared.visibleLink == .connected && shared.spool.hasRoomInFlight
            return (refusal, refusal == nil && canSend && shared.needsWake())
        }
        if needsWake { self.wakeup.ring() }
        return refusal
    }

    func cancel(_ message: Message) {
        self.shared.withLockedValue { $0.spool.cancel(message) }
    }

    func tell(_ filters: Set<TopicFilter>) {
        let needsWake = self.shared.withLockedValue { shared in
            guard filters != shared.filters else { return false }
            shared.filters = filters
            shared.areFiltersNew = true
            return shared.needsWake()
        }
        if needsWake { self.wakeup.ring() }
    }

    /// Succeeds `promise` once the link is connected, and fails it when the bridge is closed first.
    func whenConnected(_ promise: EventLoopPromise<Void>) {
        let result: Result<Void, BridgeClosedError>? = self.shared.withLockedValue { shared in
            if shared.stopDeadline != nil { return .failure(BridgeClosedError()) }
            if shared.visibleLink == .connected { return .success(()) }
            shared.connectWaiters.append(promise)
            return nil
        }
        switch result {
        case .success: promise.succeed()
        case .failure(let error): promise.fail(error)
        case nil: break
        }
    }

    /// Tells whether the caller is the one to start the thread: the first, unless the bridge was shut down
    /// before.
    func shouldStartThread() -> Bool {
        self.shared.withLockedValue { shared in
            guard !shared.hasThread, shared.stopDeadline == nil else { return false }
            shared.hasThread = true
            return true
        }
    }

    /// Refuses new messages, and asks the thread to send what waits and to end before `deadline`.
    func stop(before deadline: NIODeadline) {
        self.shared.withLockedValue { shared in
            shared.spool.stopAccepting()
            shared.stopDeadline = min(deadline, shared.stopDeadline ?? deadline)
        }
        self.wakeup.ring()
    }

    /// Resumes `continuation` when the thread has ended, which may be now.
    func whenThreadEnded(_ continuation: CheckedContinuation<Void, Never>) {
        let isRunning = self.shared.withLockedValue { shared in
            if shared.hasThread { shared.endWaiters.append(continuation) }
            return shared.hasThread
        }
        if !isRunning { continuation.resume() }
    }

    /// Lets those who wait for the thread's end go on, whether it has come or not.
    func releaseEndWaiters() {
        let waiters = self.shared.withLockedValue { shared in
            // Nobody waits any more, not even who comes later.
            shared.hasThread = false
            defer { shared.endWaiters = [] }
            return shared.endWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Closes the spool for good and fails those who wait for a connection.
    ///
    /// - Returns: the messages that were not sent.
    func close() -> [Message] {
        let (left, waiters) = self.shared.withLockedValue { shared in
            defer { shared.connectWaiters = [] }
            return (shared.spool.close(), shared.connectWaiters)
        }
        for waiter in waiters { waiter.fail(BridgeClosedError()) }
        return left
    }
}
