internal import NIOConcurrencyHelpers
package import NIOCore

/// Asks components whether they can work with a configuration before they get it.
///
/// As in the originals a component answers once, however many subscriptions it has. Any thread may call it.
package final class ConfigurationValidation: Sendable {
    /// Names one subscription.
    package struct Subscription: Hashable, Sendable {
        fileprivate let component: String
        fileprivate let number: UInt64
    }

    /// What a subscriber is called with: the whole configuration, as a JSON object, and what to answer to.
    package typealias Event = (configuration: String, deploymentId: String)

    /// Who has not answered by then rejects; the originals' default.
    package static let answerTimeMax = TimeAmount.seconds(30)

    private struct Question: Hashable {
        let component: String
        let deployment: String
    }

    private struct Storage {
        /// By component.
        var subscribers: [String: [UInt64: @Sendable (Event) -> Void]] = [:]
        var lastNumber: UInt64 = 0
        var questions: [Question: EventLoopPromise<ConfigurationVerdict>] = [:]
    }

    private let storage = NIOLockedValueBox(Storage())
    private let eventLoop: any EventLoop

    /// Makes one without subscribers; `eventLoop` keeps its time.
    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Asks for the component's consent from now on.
    ///
    /// - Parameters:
    ///   - component: Who subscribes.
    ///   - onEvent: Called for each question, on any thread.
    /// - Returns: What to cancel it with.
    package func subscribe(
        _ component: String,
        onEvent: @escaping @Sendable (Event) -> Void
    ) -> Subscription {
        storage.withLockedValue { storage in
            storage.lastNumber += 1
            storage.subscribers[component, default: [:]][storage.lastNumber] = onEvent
            return Subscription(component: component, number: storage.lastNumber)
        }
    }

    /// Ends a subscription; a component without any is no longer waited for.
    package func cancel(_ subscription: Subscription) {
        let component = subscription.component
        let promises = storage.withLockedValue { storage -> [EventLoopPromise<ConfigurationVerdict>] in
            storage.subscribers[component]?[subscription.number] = nil
            guard storage.subscribers[component]?.isEmpty ?? false else { return [] }
            storage.subscribers[component] = nil
            return storage.questions.keys.filter { $0.component == component }
                .compactMap { storage.questions.removeValue(forKey: $0) }
        }
        for promise in promises { promise.succeed(.nobody) }
    }

    /// Takes a component's answer.
    ///
    /// - Throws: `ComponentError.invalidArguments` to who was not asked, or not any more.
    package func report(
        _ verdict: ConfigurationVerdict,
        of component: String,
        deploymentId: String
    ) throws(ComponentError) {
        let question = Question(component: component, deployment: deploymentId)
        guard let promise = storage.withLockedValue({ $0.questions.removeValue(forKey: question) }) else {
            throw .invalidArguments(
                "Validation request either timed out or was never made: deployment \(deploymentId)"
            )
        }
        promise.succeed(verdict)
    }

    /// Asks a component.
    ///
    /// - Parameters:
    ///   - component: The component.
    ///   - configuration: What it is to get, as a JSON object.
    ///   - deploymentId: Names the question, unlike all others.
    ///   - timeout: How long it has.
    /// - Returns: Its answer; `nobody` at once when it has not subscribed.
    package func ask(
        _ component: String,
        configuration: String,
        deploymentId: String,
        timeout: TimeAmount = answerTimeMax
    ) async -> ConfigurationVerdict {
        let question = Question(component: component, deployment: deploymentId)
        let promise = eventLoop.makePromise(of: ConfigurationVerdict.self)
        let subscribers = storage.withLockedValue { storage in
            let subscribers = storage.subscribers[component] ?? [:]
            // Before the event is sent, so that no answer is too early.
            if !subscribers.isEmpty { storage.questions[question] = promise }
            return subscribers.values
        }
        if subscribers.isEmpty { promise.succeed(.nobody) }
        for onEvent in subscribers { onEvent((configuration, deploymentId)) }
        let late = eventLoop.scheduleTask(in: timeout) { [self] in
            let reason = "no answer within \(timeout.nanoseconds / 1_000_000) ms"
            try? report(.rejected(reason), of: component, deploymentId: deploymentId)
        }
        defer { late.cancel() }
        return (try? await promise.futureResult.get()) ?? .nobody
    }
}
