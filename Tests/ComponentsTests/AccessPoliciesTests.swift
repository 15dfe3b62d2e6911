import GreengrassModel
import TestSupport
import Testing

@testable import Components

@Suite struct AccessPoliciesTests {
    private static let publish = "aws.greengrass#PublishToTopic"
    private static let subscribe = "aws.greengrass#SubscribeToTopic"

    @Test("what no policy allows is refused, with the name of who asked and for what")
    func nothing() {
        let policies = AccessPolicies()
        #expect(
            ask(policies, resource: "a/b")
                == .refused(
                    """
                    Principal com.example.A is not authorized to perform \
                    aws.greengrass.ipc.pubsub:aws.greengrass#PublishToTopic on resource a/b: it has no \
                    policy for "aws.greengrass.ipc.pubsub"; add one to accessControl
                    """
                )
        )
    }

    @Test("a policy allows its operations on its resources to its component, and nothing else")
    func onePolicy() {
        let policies = policies(policy(operations: [Self.publish], resources: ["a/b", "c/*"]))
        #expect(ask(policies, resource: "a/b") == .allowed)
        #expect(ask(policies, resource: "c/d/e") == .allowed)
        #expect(ask(policies, resource: "a/c") != .allowed)
        #expect(ask(policies, principal: "com.example.B", resource: "a/b") != .allowed)
        #expect(ask(policies, operation: Self.subscribe, resource: "a/b") != .allowed)
        #expect(ask(policies, service: IPCService.mqttProxy, resource: "a/b") != .allowed)
    }

    @Test(
        "every operation and every component can be meant",
        arguments: [
            ("com.example.A", publish), ("com.example.A", "*"), ("*", publish), ("*", "*"),
        ]
    )
    func everything(component: String, operation: String) {
        let policies = policies(policy(component: component, operations: [operation], resources: ["a"]))
        #expect(ask(policies, resource: "a") == .allowed)
        #expect(ask(policies, resource: "b") != .allowed)
        #expect((ask(policies, operation: Self.subscribe, resource: "a") == .allowed) == (operation == "*"))
        #expect((ask(policies, principal: "other", resource: "a") == .allowed) == (component == "*"))
    }

    @Test("without resources a policy allows only what has no resource")
    func noResources() {
        let policies = policies(policy(operations: ["*"], resources: []))
        #expect(ask(policies, resource: "") == .allowed)
        #expect(ask(policies, operation: Self.subscribe, resource: "a") != .allowed)
    }

    @Test("the name of the thing is put into resources")
    func thingName() {
        let policy = policy(operations: [Self.publish], resources: ["{iot:thingName}/*"])
        let policies = AccessPolicies(thingName: "core-1")
        policies.replace(with: [policy])
        #expect(ask(policies, resource: "core-1/a") == .allowed)
        #expect(ask(policies, resource: "core-2/a") != .allowed)
    }

    @Test("a resource that can't be read is left out and told, and the others count")
    func invalidResource() {
        let policies = AccessPolicies()
        let problems = policies.replace(
            with: [policy(operations: [Self.publish], resources: ["a?", "b", "${x}"])]
        )
        #expect(
            problems == [
                """
                policy "p" of com.example.A: the resource "a?" is left out; ? has no meaning in a resource; \
                write ${?} for the character itself
                """,
                """
                policy "p" of com.example.A: the resource "${x}" is left out; after ${ one of * $ ? and } \
                are allowed: ${*}, ${$}, ${?}
                """,
            ]
        )
        #expect(ask(policies, resource: "b") == .allowed)
        #expect(ask(policies, resource: "a?") != .allowed)
    }

    @Test("new policies take the place of the old ones at once, and the version tells")
    func replacing() {
        let policies = policies(policy(operations: [Self.publish], resources: ["a"]))
        let version = policies.version
        policies.replace(with: [policy(operations: [Self.publish], resources: ["b"])])
        #expect(policies.version != version)
        #expect(ask(policies, resource: "a") != .allowed)
        #expect(ask(policies, resource: "b") == .allowed)
    }

    @Test("a topic that only looks the same is another")
    func canonicalEquivalence() {
        let policies = policies(policy(operations: [Self.publish], resources: ["caf\u{E9}"]))
        #expect(ask(policies, resource: "caf\u{E9}") == .allowed)
        #expect(ask(policies, resource: "cafe\u{301}") != .allowed)
    }

    @Test(
        "a refusal says what came closest",
        arguments: [
            (
                ["room/1", "room/2/state", "hall/1"], "room/2",
                #"the nearest is "room/2/state" of policy "p""#
            ),
            (
                ["x", "a/#"], "a/b",
                #"the nearest is "a/#" of policy "p"; "#
                    + "+ and # are plain characters in policies of this service, * is any run of characters"
            ),
            ([], "a", #"policy "p" has no resources; "*" is every resource"#),
        ]
    )
    func nearest(resources: [String], resource: String, reason: String) {
        let policies = policies(policy(operations: [Self.publish], resources: resources))
        #expect(refusal(ask(policies, resource: resource)).hasSuffix("on resource \(resource): \(reason)"))
    }

    @Test("a refusal names the policy that has the resource for another operation")
    func otherOperation() {
        let policies = policies(policy(operations: [Self.subscribe], resources: ["a/*"]))
        #expect(
            refusal(ask(policies, resource: "a/b")).hasSuffix(
                #": policy "p" has this resource, but for aws.greengrass#SubscribeToTopic only"#
            )
        )
        #expect(
            refusal(ask(policies, resource: "b")).hasSuffix(
                #": its policy "p" is for aws.greengrass#SubscribeToTopic only"#
            )
        )
    }

    @Test("a refusal is one line of bounded length, whatever was asked for")
    func hostileResource() {
        let policies = policies(policy(operations: [Self.publish], resources: ["a"]))
        let resources = [
            "a\nb", String(repeating: "x", count: 70_000), String(repeating: "\u{202E}", count: 200),
        ]
        for resource in resources {
            let text = refusal(ask(policies, resource: resource))
            #expect(!text.contains("\n"))
            #expect(text.utf8.count < 3_000)
        }
    }

    @Test("many resources decide as each of them alone", arguments: 0..<4)
    func againstEachAlone(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = Array("aab/**+#")
        for _ in 0..<60 {
            let service = Bool.random(using: &random) ? IPCService.pubsub : IPCService.mqttProxy
            let resources = (0..<20).map { _ in
                String(
                    (0..<Int.random(in: 1...7, using: &random)).map { _ in
                        letters.randomElement(using: &random) ?? "a"
                    }
                )
            }
            let patterns = try resources.map { try ResourcePattern($0, service: service) }
            let policies = policies(policy(service: service, operations: ["*"], resources: resources))
            for _ in 0..<40 {
                let text = String(
                    (0..<Int.random(in: 1...8, using: &random)).map { _ in
                        "aab/".randomElement(using: &random) ?? "a"
                    }
                )
                let expected = patterns.contains { $0.globs.contains { $0.matches(text.utf8.span) } }
                let decision = ask(policies, service: service, resource: text)
                #expect((decision == .allowed) == expected, "\(text) \(resources)")
            }
        }
    }

    private func policy(
        component: String = "com.example.A",
        service: String = IPCService.pubsub,
        operations: [String],
        resources: [String]
    ) -> AccessPolicy {
        AccessPolicy(
            component: component,
            service: service,
            id: "p",
            operations: operations,
            resources: resources
        )
    }

    private func policies(_ policy: AccessPolicy) -> AccessPolicies {
        let policies = AccessPolicies()
        #expect(policies.replace(with: [policy]) == [])
        return policies
    }

    private func ask(
        _ policies: AccessPolicies,
        principal: String = "com.example.A",
        operation: String = publish,
        service: String = IPCService.pubsub,
        resource: String
    ) -> AccessDecision {
        policies.decide(principal: principal, operation: operation, service: service, resource: resource)
    }

    private func refusal(_ decision: AccessDecision) -> String {
        if case .refused(let text) = decision { text } else { "allowed" }
    }
}
