import Testing

@testable import LambdaIPC

@Suite(.timeLimit(.minutes(1))) struct PublishTests {
    @Test("a publish with a subscription is 202 and the target's worker gets payload and topic")
    func delivered() async throws {
        try await LegacyAPI.run { api in
            let published = try await api.answer(to: api.publish(payload: "hello"))
            #expect(published.statusLine == "HTTP/1.1 202 Accepted")
            #expect(published.headers["x-amz-invocationid"]?.count == 36)
            #expect(published.body.isEmpty)
            try await api.expect(200, api.initialized)
            let work = try await api.answer(to: api.getWork())
            #expect(work.status == 200)
            #expect(work.body == "hello")
            #expect(work.headers["x-amz-invocationid"]?.isEmpty == false)
            #expect(work.headers["x-amz-client-context"]?.isEmpty == false)
        }
    }

    @Test("no subscription is 400 with the exact text")
    func noSubscription() async throws {
        try await LegacyAPI.run { api in
            let answer = try await api.answer(to: api.publish(topic: "hello/world"))
            #expect(answer.statusLine == "HTTP/1.1 400 Bad Request")
            #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(
                answer.body
                    == "No subscription exists for the source \(LegacyAPI.alpha) and subject hello/world. "
                    + "Deploy and configure aws.greengrass.LegacySubscriptionRouter component to support "
                    + "publishing from Lambdas."
            )
        }
    }

    @Test(
        "a source that is not the token's function is refused",
        arguments: [LegacyAPI.beta, "arn:aws:lambda:eu-central-1:123456789012:function:alpha", "", "cloud"]
    )
    func spoofedSource(source: String) async throws {
        try await LegacyAPI.run { api in
            try await api.expect(403, api.publish(source: source))
        }
    }

    @Test(
        "what can't be published is 400",
        arguments: [("", ""), ("a/#", ""), ("a+", ""), (LegacyAPI.topic, "Maybe")]
    )
    func unpublishable(topic: String, policy: String) async throws {
        try await LegacyAPI.run { api in
            let answer = try await api.answer(to: api.publish(topic: topic, policy: policy))
            #expect(answer.status == 400)
            #expect(!answer.body.hasPrefix("No subscription"))
        }
    }

    @Test("a full queue is 429 for AllOrError and names the target, and 202 for BestEffort")
    func queueFull() async throws {
        try await LegacyAPI.run { api in
            for _ in 0..<LegacyAPI.betaQueueCountMax {
                try await api.expect(202, api.publish(policy: "AllOrError"))
            }
            let refused = try await api.answer(to: api.publish(policy: "AllOrError"))
            #expect(refused.statusLine == "HTTP/1.1 429 Too Many Requests")
            #expect(refused.body.contains(LegacyAPI.beta))
            try await api.expect(202, api.publish())
            try await api.expect(429, api.invoke(type: "Event"))
        }
    }

    @Test("an ARN in the path may be percent-encoded")
    func percentEncoded() async throws {
        try await LegacyAPI.run { api in
            let encoded = "arn%3Aaws%3Alambda%3A%3A%3Afunction%3AGGRouter"
            let request = api.publish().replacing(
                "arn:aws:lambda:::function:GGRouter",
                with: encoded
            )
            try await api.expect(202, request)
        }
    }
}
