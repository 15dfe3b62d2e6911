import Broker
import GreengrassModel
import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// What the bridge's callers and its threads share, and the bells by which they wake each other.
///
/// This file has what callers do, on any thread; `BridgeState+Thread.swift` has what the bridge's thread
/// does, and `BridgeState+Writer.swift` what the writer of the spool's file does.
final class BridgeState: Sendable {
    struct Shared {
        var spool: UplinkSpool
        var link = CloudLinkState.disconnected {
            didSet { self.observers.tell(self.link) }
        }
        var observers = ConnectionObservers()
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

        /// Succeeds when what publishers wait for now is in the spool's file.
        var written: EventLoopPromise<Void>?
        /// What the writer knows that there is to do.
        var toldDemand: UplinkSpool.Demand = []
        var inquiries: [SpoolInquiry] = []
        var isWriterStopping = false
        var hasWriter = false
        var writerEndWaiters: [CheckedContinuation<Void, Never>] = []

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
    let writerBell: Wakeup
    let held: HeldMessages
    let shared: NIOLockedValueBox<Shared>
    private let eventLoop: any EventLoop

    /// - Throws: `IOError` when the process has no descriptor left.
    init(spool: UplinkSpool, eventLoop: any EventLoop) throws {
        self.wakeup = try Wakeup()
        self.writerBell = try Wakeup()
        self.held = HeldMessages(wakeup: self.wakeup)
        self.shared = NIOLockedValueBox(Shared(spool: spool))
        self.eventLoop = eventLoop
    }

    var link: CloudLinkState { self.shared.withLockedValue(\.visibleLink) }

    var problem: String? { self.shared.withLockedValue(\.problem) }

    /// Tells `onChange` of the connection, now and whenever it comes or goes; what is returned ends that.
    func observe(_ onChange: @escaping @Sendable (Bool) -> Void) -> () -> Void {
        let id = self.shared.withLockedValue { $0.observers.add(onChange) }
        return { self.shared.withLockedValue { $0.observers.remove(id) } }
    }

    var refusedInboundCount: Int { self.shared.withLockedValue(\.refusedInboundCount) }

    func reserve(
        for message: Message,
        under policy: SpoolPolicy
    ) -> (answer: Reservation, dropped: [Message]) {
        self.withSpool { $0.reserve(for: message, under: policy, now: .now()) }
    }

    /// Puts `message` into the spool, and wakes the thread if it could send it now.
    ///
    /// - Returns: why the message can't be kept after all, if so; and what succeeds once it is in the spool's
    ///   file, if there is one.
    func commit(
        _ message: Message,
        under policy: SpoolPolicy
    ) -> (refusal: String?, durability: EventLoopFuture<Void>?) {
        let now = NIODeadline.now()
        let time = WallClock.millisecondsSinceEpoch()
        let (commit, written, needsWake, needsWriter) = self.shared.withLockedValue { shared in
            let commit = shared.spool.commit(message, under: policy, now: now, millisecondsSinceEpoch: time)
            if commit == .keptOnceWritten, shared.written == nil {
                shared.written = self.eventLoop.makePromise()
            }
            let canSend = shared.visibleLink == .connected && shared.spool.hasRoomInFlight
            return (commit, shared.written, canSend && shared.needsWake(), shared.needsWriter())
        }
        if needsWake { self.wakeup.ring() }
        if needsWriter { self.writerBell.ring() }
        return switch commit {
        case .kept: (nil, nil)
        case .keptOnceWritten: (nil, written?.futureResult)
        case .refused(let reason): (reason, nil)
        }
    }

    func cancel(_ message: Message) {
        self.withSpool { $0.cancel(message) }
    }

    /// Runs `body` on the spool, and wakes the writer if that gives it something to do.
    func withSpool<Value>(_ body: (inout UplinkSpool) -> Value) -> Value {
        let (value, needsWriter) = self.shared.withLockedValue { shared in
            let value = body(&shared.spool)
            return (value, shared.needsWriter())
        }
        if needsWriter { self.writerBell.ring() }
        return value
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
