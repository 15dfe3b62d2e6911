import Components
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@Suite struct ComponentUpdatesTests {
    /// What one subscriber was told, and when.
    private typealias Told = NIOLockedValueBox<[(event: ComponentUpdateEvent, time: NIODeadline)]>

    private let loop = NIOAsyncTestingEventLoop()
    private let updates: ComponentUpdates
    private let before = ComponentUpdateEvent.preUpdate(deploymentId: "d", isGGCRestarting: false)

    init() {
        updates = ComponentUpdates(eventLoop: loop, logger: Logger(label: "test"))
    }

    /// Subscribes somebody who answers each question with the next of `answers`, in milliseconds.
    private func subscribe(_ name: String, answers: [Int64]) -> (told: Told, ComponentUpdates.Subscription) {
        let told = Told([])
        let rest = NIOLockedValueBox(answers)
        let subscription = updates.subscribe(name) { [updates, loop] event in
            told.withLockedValue { $0.append((event, loop.now)) }
            guard case .preUpdate(let deployment, _) = event,
                let answer = rest.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() })
            else { return }
            try? updates.deferUpdate(deployment, by: name, recheckAfter: answer, message: "busy")
        }
        return (told, subscription)
    }

    /// Announces an update while the clock runs.
    ///
    /// - Returns: How long the announcement took.
    private func announce() async throws -> TimeAmount {
        let begin = loop.now
        let isDone = NIOLockedValueBox(false)
        async let end: NIODeadline = {
            defer { isDone.withLockedValue { $0 = true } }
            try await updates.announce(updateOf: "c", deploymentId: "d")
            return loop.now
        }()
        while !isDone.withLockedValue({ $0 }) {
            await loop.advanceTime(by: .milliseconds(500))
            await Task.yield()
        }
        return try await end - begin
    }

    @Test("an update that nobody subscribed to begins at once")
    func nobody() async throws {
        try await updates.announce(updateOf: "c", deploymentId: "d")
    }

    @Test("everybody is told before and after, and whoever agrees delays nothing")
    func agreement() async throws {
        let (one, _) = subscribe("one", answers: [0])
        let (other, _) = subscribe("other", answers: [0])
        try await updates.announce(updateOf: "c", deploymentId: "d")
        updates.finish(deploymentId: "d")
        for told in [one, other] {
            #expect(told.withLockedValue { $0.map(\.event) } == [before, .postUpdate(deploymentId: "d")])
        }
    }

    @Test("whoever puts an update off is asked again after the time, and the longest time counts")
    func deferral() async throws {
        let (told, _) = subscribe("one", answers: [3_000, 5_000, 0])
        _ = subscribe("other", answers: [1, 7_000, 0])
        _ = try await announce()
        let times = told.withLockedValue { $0.map(\.time) }
        #expect(times.count == 3)
        #expect(times[1] - times[0] >= .seconds(3))
        #expect(times[2] - times[1] >= .seconds(7))
    }

    @Test("whoever does not answer agrees after a minute, and is told that the time is over")
    func silence() async throws {
        _ = subscribe("one", answers: [])
        #expect(try await announce() >= ComponentUpdates.answerTimeMax)
        #expect(throws: ComponentError.failed("Time limit to respond to PreComponentUpdateEvent exceeded")) {
            try updates.deferUpdate("d", by: "one", recheckAfter: 1, message: nil)
        }
    }

    @Test("an update can't be put off for ever")
    func limit() async throws {
        let (told, _) = subscribe("one", answers: Array(repeating: .max, count: 10))
        #expect(try await announce() >= ComponentUpdates.deferralTimeMax)
        #expect(told.withLockedValue { $0.count } == 2)
    }

    @Test("whoever ends the subscription is not waited for")
    func cancellation() async throws {
        let subscription = NIOLockedValueBox<ComponentUpdates.Subscription?>(nil)
        let own = updates.subscribe("one") { [updates] _ in
            subscription.withLockedValue { $0 }.map { updates.cancel($0) }
        }
        subscription.withLockedValue { $0 = own }
        try await updates.announce(updateOf: "c", deploymentId: "d")
    }

    @Test("an announcement that is cancelled ends at once, also while the update is put off")
    func end() async throws {
        for answers: [Int64] in [[], [.max]] {
            let task = NIOLockedValueBox<Task<Void, any Error>?>(nil)
            let (_, subscription) = subscribe("one", answers: answers)
            let other = updates.subscribe("other") { [updates] _ in
                try? updates.deferUpdate("d", by: "other", recheckAfter: 0, message: nil)
                task.withLockedValue { $0 }?.cancel()
            }
            let begin = NIOLockedValueBox(false)
            let announcement = Task { [updates] in
                while !begin.withLockedValue({ $0 }) { await Task.yield() }
                try await updates.announce(updateOf: "c", deploymentId: "d")
            }
            task.withLockedValue { $0 = announcement }
            begin.withLockedValue { $0 = true }
            await #expect(throws: CancellationError.self) { try await announcement.value }
            updates.cancel(subscription)
            updates.cancel(other)
        }
    }

    @Test("a component with two subscriptions is told twice and answers once")
    func twoSubscriptions() async throws {
        let (one, _) = subscribe("one", answers: [0])
        let (other, first) = subscribe("one", answers: [])
        try await updates.announce(updateOf: "c", deploymentId: "d")
        #expect(one.withLockedValue { $0.count } == 1)
        #expect(other.withLockedValue { $0.count } == 1)
        updates.cancel(first)
        updates.finish(deploymentId: "d")
        #expect(one.withLockedValue { $0.count } == 2)
        #expect(other.withLockedValue { $0.count } == 1)
    }

    @Test("an answer of who has not subscribed is refused, and a negative time too")
    func badAnswers() {
        #expect(
            throws: ComponentError.invalidArguments("Component is not subscribed to component update events")
        ) {
            try updates.deferUpdate("d", by: "stranger", recheckAfter: 0, message: nil)
        }
        _ = subscribe("one", answers: [])
        #expect(throws: ComponentError.self) {
            try updates.deferUpdate("d", by: "one", recheckAfter: -1, message: nil)
        }
    }
}
