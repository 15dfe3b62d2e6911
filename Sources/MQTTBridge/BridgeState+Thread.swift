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
        self.shared.withLockedValue { shared in
            defer { shared.areFiltersNew = false }
            return shared.areFiltersNew ? shared.filters : nil
        }
    }

    /// The link stands at `link` now, which is anything but `connected`.
    func setLink(_ link: CloudLinkState) {
        self.shared.withLockedValue { $0.link = link }
    }

    /// The connection was lost, or did not come about, for the reason `problem`.
    func setProblem(_ problem: String) {
        self.shared.withLockedValue { $0.problem = problem }
    }

    /// The link is connected, unless filters were told that the thread has not seen: then nothing changes.
    func setConnected() {
        let waiters: [EventLoopPromise<Void>] = self.shared.withLockedValue { shared in
            guard !shared.areFiltersNew else { return [] }
            shared.link = .connected
            shared.problem = nil
            defer { shared.connectWaiters = [] }
            return shared.connectWaiters
        }
        for waiter in waiters { waiter.succeed() }
    }

    /// The next message to hand to the library; nil when none waits, the window is full, or the link isn't
    /// connected.
    func takeNextMessage() -> Message? {
        let now = NIODeadline.now()
        let (message, needsWriter) = self.shared.withLockedValue { shared in
            let message = shared.visibleLink == .connected ? shared.spool.takeNext(now: now) : nil
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
