import Components
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@Suite struct ConfigurationValidationTests {
    private let loop = NIOAsyncTestingEventLoop()
    private let validation: ConfigurationValidation

    init() {
        validation = ConfigurationValidation(eventLoop: loop)
    }

    /// Asks the component `c` while the clock runs.
    private func ask(_ deployment: String = "d") async -> ConfigurationVerdict {
        let isDone = NIOLockedValueBox(false)
        async let verdict: ConfigurationVerdict = {
            defer { isDone.withLockedValue { $0 = true } }
            return await validation.ask("c", configuration: #"{"a":1.0}"#, deploymentId: deployment)
        }()
        while !isDone.withLockedValue({ $0 }) {
            await loop.advanceTime(by: .seconds(1))
            await Task.yield()
        }
        return await verdict
    }

    @Test("who did not subscribe is not asked")
    func nobody() async {
        _ = validation.subscribe("other") { _ in Issue.record("asked") }
        #expect(await ask() == .nobody)
    }

    @Test(
        "a component is asked with the whole configuration, and its answer counts",
        arguments: [ConfigurationVerdict.accepted, .rejected("a is 1.0")]
    )
    func answers(verdict: ConfigurationVerdict) async {
        let asked = NIOLockedValueBox<[String]>([])
        _ = validation.subscribe("c") { [validation] event in
            asked.withLockedValue { $0.append(event.configuration) }
            try? validation.report(verdict, of: "c", deploymentId: event.deploymentId)
        }
        #expect(await ask() == verdict)
        #expect(asked.withLockedValue { $0 } == [#"{"a":1.0}"#])
    }

    @Test("who does not answer in time rejects, and hears so when it answers later")
    func silence() async {
        _ = validation.subscribe("c") { _ in }
        let begin = loop.now
        #expect(await ask() == .rejected("no answer within 30000 ms"))
        #expect(loop.now - begin >= .seconds(30))
        #expect(throws: ComponentError.self) {
            try validation.report(.accepted, of: "c", deploymentId: "d")
        }
    }

    @Test("an answer to another deployment or of another component is none")
    func strangers() async {
        _ = validation.subscribe("c") { [validation] event in
            #expect(throws: ComponentError.self) {
                try validation.report(.accepted, of: "other", deploymentId: event.deploymentId)
            }
            #expect(throws: ComponentError.self) {
                try validation.report(.accepted, of: "c", deploymentId: "another")
            }
        }
        #expect(await ask() == .rejected("no answer within 30000 ms"))
    }

    @Test("a component whose last subscription ends is no longer waited for")
    func end() async {
        let subscriptions = NIOLockedValueBox<[ConfigurationValidation.Subscription]>([])
        let askedCount = NIOLockedValueBox(0)
        for _ in 1...2 {
            let subscription = validation.subscribe("c") { [validation] _ in
                let isLast = askedCount.withLockedValue { count in
                    count += 1
                    return count == 2
                }
                guard isLast else { return }
                for subscription in subscriptions.withLockedValue({ $0 }) { validation.cancel(subscription) }
            }
            subscriptions.withLockedValue { $0.append(subscription) }
        }
        #expect(await ask() == .nobody)
        #expect(await ask() == .nobody)
        #expect(askedCount.withLockedValue { $0 } == 2)
    }
}
