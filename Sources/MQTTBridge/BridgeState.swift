import Broker
import GreengrassModel
import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// So many wait for a connection at most: of more, the oldest have long given up.
private let connectWaitersMax = 10_000

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
        /// Where the next message came when filters were told that the thread has not taken yet; nil when it
        /// has taken all.
        var newFiltersPosition: Int64?
        /// How often the thread has taken filters.
        var filtersRound = 0
        /// Messages from here on wait for the answers to filters that were told before them.
        var sendLimit = Int64.max
        /// Why nothing comes down for some of `filters`.
        var refusals: [TopicFilter: String] = [:]
        /// Whether the bell has been rung since the thread looked last.
        var isWakePending = false
        var hasThread = false
        /// When the thread must have ended, once it is asked to.
        var stopDeadline: NIODeadline?
        /// Who waits for a connection, and for the answers to the filters of which round.
        var connectWaiters = CircularBuffer<(round: Int, promise: EventLoopPromise<Void>)>()
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
            self.link == .connected && self.sendLimit < .max ? .connecting : self.link
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
            if shared.newFiltersPosition == nil {
                let position = shared.spool.nextPosition
                shared.newFiltersPosition = position
                shared.sendLimit = min(shared.sendLimit, position)
            }
            return shared.needsWake()
        }
        if needsWake { self.wakeup.ring() }
    }

    /// Succeeds once the link is connected, with an answer to every filter told so far; fails when the bridge
    /// is closed first, or very many came to wait later.
    func whenConnected() -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        let oldest = self.shared.withLockedValue { shared -> EventLoopPromise<Void>? in
            if shared.stopDeadline != nil {
                promise.fail(BridgeClosedError())
            } else if shared.visibleLink == .connected {
                promise.succeed()
            } else {
                let round = shared.filtersRound + (shared.newFiltersPosition == nil ? 0 : 1)
                shared.connectWaiters.append((round, promise))
            }
            return shared.connectWaiters.count > connectWaitersMax
                ? shared.connectWaiters.removeFirst().promise : nil
        }
        oldest?.fail(ConnectionFailure(description: "\(connectWaitersMax) others wait for the connection"))
        return promise.futureResult
    }

    /// Whether `filter` is one that the broker is to be asked for.
    func has(_ filter: TopicFilter) -> Bool { self.shared.withLockedValue { $0.filters.contains(filter) } }

    /// Why nothing comes down for `filter`, if so.
    func refusal(of filter: TopicFilter) -> String? { self.shared.withLockedValue { $0.refusals[filter] } }

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
        for waiter in waiters { waiter.promise.fail(BridgeClosedError()) }
        return left
    }
}
