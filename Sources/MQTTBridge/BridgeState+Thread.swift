import Broker
import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

extension BridgeState {
    /// Answers the bell: from now on callers ring it again.
    ///
    /// The bell must have been silenced before, never after, or a ring could be lost.
    ///
    /// - Returns: when the thread must have ended, if it is asked to.
    func answerWake() -> NIODeadline? {
        self.shared.withLockedValue { shared in
            shared.isWakePending = false
            return shared.stopDeadline
        }
    }

    /// The filters of the cloud bus, if they were told since the thread asked last.
    func takeNewFilters() -> Set<TopicFilter>? {
        self.shared.withLockedValue { $0.newFiltersPosition == nil ? nil : $0.takeFilters() }
    }

    /// The filters of the cloud bus.
    func takeFilters() -> Set<TopicFilter> { self.shared.withLockedValue { $0.takeFilters() } }

    /// The link stands at `link` now, which is anything but `connected`.
    func setLink(_ link: CloudLinkState) {
        self.shared.withLockedValue { $0.link = link }
    }

    /// The connection was lost, or did not come about, for the reason `problem`.
    func setProblem(_ problem: String) {
        self.shared.withLockedValue { $0.problem = problem }
    }

    /// The link is connected, and every filter that the thread has taken has its answer.
    ///
    /// - Parameter refusals: Why nothing comes down for some of them.
    func setSettled(refusals: [TopicFilter: String]) {
        let waiters = self.shared.withLockedValue { shared in
            shared.link = .connected
            shared.problem = nil
            shared.sendLimit = shared.newFiltersPosition ?? .max
            shared.refusals = refusals
            let waiters = shared.connectWaiters.prefix { $0.round <= shared.filtersRound }
            shared.connectWaiters.removeFirst(waiters.count)
            return waiters.map(\.promise)
        }
        for waiter in waiters { waiter.succeed() }
    }

    /// The next message to hand to the library; nil when none waits, the window is full, or the link isn't
    /// connected, or the next one waits for the answer to a filter.
    func takeNextMessage() -> Message? {
        let now = NIODeadline.now()
        let (message, needsWriter) = self.shared.withLockedValue { shared in
            let message =
                shared.link == .connected ? shared.spool.takeNext(before: shared.sendLimit, now: now) : nil
            return (message, shared.needsWriter())
        }
        if needsWriter { self.writerBell.ring() }
        return message
    }

    /// A message came down that is none for the bus.
    func countRefusedInbound() {
        self.shared.withLockedValue { $0.refusedInboundCount += 1 }
    }

    /// The thread is about to end: its last act.
    func threadEnds() {
        self.releaseEndWaiters()
    }
}

extension BridgeState.Shared {
    fileprivate mutating func takeFilters() -> Set<TopicFilter> {
        self.newFiltersPosition = nil
        self.filtersRound += 1
        return self.filters
    }
}
