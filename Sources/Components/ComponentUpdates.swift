package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// Asks those who subscribed to component updates if one may begin, and tells them when it is done.
///
/// As in the originals every subscriber is asked, whichever component is to be updated, and each component
/// answers once however many subscriptions it has. Any thread may call it.
package final class ComponentUpdates: Sendable {
    /// Names one subscription.
    package struct Subscription: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    /// Who has not answered by then agrees; the originals' default.
    package static let answerTimeMax = TimeAmount.seconds(60)
    /// An update is put off for no longer than this in all: somebody waits for it at a command line.
    ///
    /// The originals have no such limit.
    package static let deferralTimeMax = TimeAmount.minutes(10)

    /// So much of a reason is shown.
    private static let messageLengthMax = 1_000

    private struct Subscriber {
        let componentName: String
        let onEvent: @Sendable (ComponentUpdateEvent) -> Void
    }

    /// One round of answers.
    private struct Question {
        let promise: EventLoopPromise<TimeAmount>
        var unanswered: Set<String>
        /// The longest time that anybody asked for.
        var deferral = TimeAmount.zero
    }

    private struct Storage {
        var subscribers: [Subscription: Subscriber] = [:]
        var lastNumber: UInt64 = 0
        /// By deployment.
        var questions: [String: Question] = [:]

        /// Takes an answer; `false` when none is waited for.
        @discardableResult
        mutating func take(
            _ time: TimeAmount,
            of componentName: String,
            on deployment: String
        ) -> Bool {
            guard var question = questions[deployment],
                question.unanswered.remove(componentName) != nil
            else { return false }
            question.deferral = max(question.deferral, time)
            questions[deployment] = question
            closeIfAnswered(deployment)
            return true
        }

        mutating func closeIfAnswered(_ deployment: String) {
            if questions[deployment]?.unanswered.isEmpty ?? false {
                close(deployment)
            }
        }

        /// Waits for no further answers.
        mutating func close(_ deployment: String) {
            guard let question = questions.removeValue(forKey: deployment) else { return }
            question.promise.succeed(question.deferral)
        }
    }

    private let storage = NIOLockedValueBox(Storage())
    private let eventLoop: any EventLoop
    private let logger: Logger

    /// Makes one without subscribers; `eventLoop` keeps its time.
    package init(eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Subscribes for a component.
    ///
    /// - Parameters:
    ///   - componentName: Who subscribes.
    ///   - onEvent: Called for each event, on any thread.
    /// - Returns: What to cancel it with.
    package func subscribe(
        _ componentName: String,
        onEvent: @escaping @Sendable (ComponentUpdateEvent) -> Void
    ) -> Subscription {
        storage.withLockedValue { storage in
            storage.lastNumber += 1
            let subscription = Subscription(number: storage.lastNumber)
            storage.subscribers[subscription] = Subscriber(componentName: componentName, onEvent: onEvent)
            return subscription
        }
    }

    /// Ends a subscription; a component without any is no longer waited for.
    package func cancel(_ subscription: Subscription) {
        storage.withLockedValue { storage in
            guard let name = storage.subscribers.removeValue(forKey: subscription)?.componentName,
                !storage.subscribers.values.contains(where: { $0.componentName == name })
            else { return }
            for deployment in storage.questions.keys {
                storage.take(.zero, of: name, on: deployment)
            }
        }
    }

    /// Takes a component's answer to a `preUpdate`.
    ///
    /// - Parameters:
    ///   - deploymentId: As the event had it.
    ///   - componentName: Who answers.
    ///   - milliseconds: After what time to ask again; 0 agrees.
    ///   - message: Why.
    /// - Throws: `ComponentError.invalidArguments` to who has not subscribed or answers with a negative time,
    ///   and `ComponentError.failed` when nobody waits for the answer any more.
    package func deferUpdate(
        _ deploymentId: String,
        by componentName: String,
        recheckAfter milliseconds: Int64,
        message: String?
    ) throws(ComponentError) {
        guard milliseconds >= 0 else {
            throw .invalidArguments("recheckAfterMs is \(milliseconds); 0 lets the update begin")
        }
        let refusal: ComponentError? = storage.withLockedValue { storage in
            guard storage.subscribers.values.contains(where: { $0.componentName == componentName }) else {
                return .invalidArguments("Component is not subscribed to component update events")
            }
            let time = TimeAmount.milliseconds(
                min(milliseconds, Self.deferralTimeMax.nanoseconds / 1_000_000)
            )
            guard storage.take(time, of: componentName, on: deploymentId) else {
                return .failed("Time limit to respond to PreComponentUpdateEvent exceeded")
            }
            return nil
        }
        if let refusal { throw refusal }
        if milliseconds > 0 {
            let reason = message.map { ": \($0.prefix(Self.messageLengthMax))" } ?? ""
            logger.notice("\(componentName) puts an update off for \(milliseconds) ms\(reason)")
        }
    }

    /// Tells everybody that `component` is to be updated, and returns when all agree or the time is over; at
    /// once when nobody has subscribed.
    ///
    /// `finish` follows in any case.
    ///
    /// - Throws: `CancellationError` when the task is cancelled meanwhile: the update is not to begin.
    package func announce(updateOf component: String, deploymentId: String) async throws {
        let limit = eventLoop.now + Self.deferralTimeMax
        while case let deferral = try await ask(deploymentId), deferral > .zero {
            let rest = limit - eventLoop.now
            guard rest > .zero else {
                return logger.warning("the update of \(component) was put off for too long; it begins now")
            }
            let pause = eventLoop.scheduleTask(in: min(deferral, rest)) {}
            try await withTaskCancellationHandler {
                try? await pause.futureResult.get()
                try Task.checkCancellation()
            } onCancel: {
                pause.cancel()
            }
        }
    }

    /// Tells everybody that an update is done, or not to be.
    package func finish(deploymentId: String) {
        let subscribers = storage.withLockedValue { $0.subscribers.values.map(\.onEvent) }
        for onEvent in subscribers {
            onEvent(.postUpdate(deploymentId: deploymentId))
        }
    }

    /// Asks everybody once.
    ///
    /// - Returns: The longest time that anybody puts the update off for.
    private func ask(_ deploymentId: String) async throws -> TimeAmount {
        let promise = eventLoop.makePromise(of: TimeAmount.self)
        let subscribers = storage.withLockedValue { storage in
            let names = Set(storage.subscribers.values.map(\.componentName))
            // Before the event is sent, so that no answer is too early.
            storage.questions[deploymentId] = Question(promise: promise, unanswered: names)
            storage.closeIfAnswered(deploymentId)
            return storage.subscribers.values.map(\.onEvent)
        }
        for onEvent in subscribers {
            onEvent(.preUpdate(deploymentId: deploymentId, isGGCRestarting: false))
        }
        let timeout = eventLoop.scheduleTask(in: Self.answerTimeMax) { [storage, logger] in
            storage.withLockedValue { storage in
                guard let silent = storage.questions[deploymentId]?.unanswered.sorted() else { return }
                logger.warning("no answer to a preUpdateEvent: \(silent.joined(separator: ", "))")
                storage.close(deploymentId)
            }
        }
        defer { timeout.cancel() }
        return try await withTaskCancellationHandler {
            let deferral = try await promise.futureResult.get()
            try Task.checkCancellation()
            return deferral
        } onCancel: {
            storage.withLockedValue { $0.close(deploymentId) }
        }
    }
}
