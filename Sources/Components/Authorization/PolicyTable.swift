internal import GreengrassModel

/// Policies, made ready for questions; never changed.
final class PolicyTable: Sendable {
    /// The operation that stands for all of a service.
    private static let everyOperation = "*"
    /// The longest resource that is looked at: MQTT has no longer topics.
    private static let resourceBytesMax = 65_535

    /// One policy with its resources read.
    struct Policy {
        let policy: AccessPolicy
        let patterns: [ResourcePattern]

        func covers(_ operation: String) -> Bool {
            policy.operations.contains { $0 == operation || $0 == PolicyTable.everyOperation }
        }
    }

    /// What one principal may do in one service.
    private final class Grants: Sendable {
        let resources: [String: ResourceSet]
        let policies: [Policy]

        init(_ policies: [Policy]) {
            var patterns: [String: [ResourcePattern]] = [:]
            for policy in policies {
                for operation in policy.policy.operations {
                    patterns[operation, default: []] += policy.patterns
                }
            }
            self.resources = patterns.mapValues(ResourceSet.init)
            self.policies = policies
        }
    }

    /// By service, then by principal.
    private let grants: [String: [String: Grants]]
    /// The resources that can't be used, and why.
    let problems: [String]

    init(policies: [AccessPolicy], thingName: String?) {
        var problems: [String] = []
        let read = policies.map { policy in
            let patterns = policy.resources.compactMap { resource -> ResourcePattern? in
                let text = thingName.map { resource.replacing("{iot:thingName}", with: $0) } ?? resource
                do throws(ResourcePatternError) {
                    return try ResourcePattern(text, service: policy.service)
                } catch {
                    problems.append(
                        "policy \(policy.id.quoted) of \(policy.component): the resource "
                            + "\(resource.quoted) is left out; \(error)"
                    )
                    return nil
                }
            }
            return Policy(policy: policy, patterns: patterns)
        }
        self.problems = problems
        self.grants = Dictionary(grouping: read) { $0.policy.service }.mapValues { policies in
            Dictionary(grouping: policies) { $0.policy.component }.mapValues(Grants.init)
        }
    }

    /// Looks for the caller and the operation, then for the caller and every operation, then for every caller
    /// with the one and the other.
    func decide(_ request: AccessRequest) -> AccessDecision {
        let service = grants[request.service]
        let isTooLong = request.resource.utf8.count > Self.resourceBytesMax
        if let service, !isTooLong,
            Self.allows(service[request.principal], request)
                || Self.allows(service[AccessPolicy.everyComponent], request)
        {
            return .allowed
        }
        let policies = [request.principal, AccessPolicy.everyComponent].flatMap {
            service?[$0]?.policies ?? []
        }
        let refusal = AccessRefusal(request: request, policies: isTooLong ? [] : policies)
        return .refused(
            isTooLong ? "\(refusal.beginning): it is longer than any topic" : refusal.description
        )
    }

    private static func allows(_ grants: Grants?, _ request: AccessRequest) -> Bool {
        guard let grants else { return false }
        return allows(grants.resources[request.operation], request.resource)
            || allows(grants.resources[everyOperation], request.resource)
    }

    private static func allows(_ resources: ResourceSet?, _ resource: String) -> Bool {
        guard let resources else { return false }
        return resource.isEmpty || resources.contains(resource)
    }
}
