internal import GreengrassModel

/// The text of a refusal: the originals' sentence, and then what came closest.
struct AccessRefusal {
    /// How many resources are compared: whoever is refused again and again must not cost more than who is
    /// not.
    private static let comparedMax = 1_000

    let request: AccessRequest
    /// The policies of the caller for the service.
    let policies: [PolicyTable.Policy]

    /// What the originals say.
    var beginning: String {
        """
        Principal \(request.principal) is not authorized to perform \
        \(request.service):\(request.operation) on resource \(request.resource.shown)
        """
    }

    var description: String {
        "\(beginning): \(reason)"
    }

    private var reason: String {
        let compared = comparedPolicies
        if let other = compared.first(where: { hasMatch($0) }) {
            return "policy \(other.policy.id.quoted) has this resource, but for \(operations(of: other)) only"
        }
        let covering = compared.filter { $0.covers(request.operation) }
        if let nearest = nearest(in: covering) { return nearest }
        if let empty = covering.first {
            return "policy \(empty.policy.id.quoted) has no resources; \"*\" is every resource"
        }
        if let other = policies.first {
            return "its policy \(other.policy.id.quoted) is for \(operations(of: other)) only"
        }
        return "it has no policy for \(request.service.quoted); add one to accessControl"
    }

    private var comparedPolicies: [PolicyTable.Policy] {
        var count = 0
        return Array(
            policies.prefix { policy in
                defer { count += policy.patterns.count }
                return count < Self.comparedMax
            }
        )
    }

    private func operations(of policy: PolicyTable.Policy) -> String {
        policy.policy.operations.isEmpty ? "no operation" : policy.policy.operations.joined(separator: ", ")
    }

    private func hasMatch(_ policy: PolicyTable.Policy) -> Bool {
        let text = request.resource.utf8.span
        return policy.patterns.prefix(Self.comparedMax).contains { pattern in
            pattern.globs.contains { $0.matches(text) }
        }
    }

    /// The resource that has the longest beginning in common with what was asked for.
    private func nearest(in policies: [PolicyTable.Policy]) -> String? {
        var best: (common: Int, policy: PolicyTable.Policy, pattern: ResourcePattern)?
        for policy in policies {
            for pattern in policy.patterns.prefix(Self.comparedMax) {
                let common = commonCount(pattern)
                if common > best?.common ?? -1 { best = (common, policy, pattern) }
            }
        }
        guard let best else { return nil }
        let place = "the nearest is \(best.pattern.text.quoted) of policy \(best.policy.policy.id.quoted)"
        return place + hint(best.pattern)
    }

    private func commonCount(_ pattern: ResourcePattern) -> Int {
        let one = pattern.text.utf8.span
        let other = request.resource.utf8.span
        let most = min(one.count, other.count)
        var count = 0
        while count < most, one[count] == other[count] { count += 1 }
        return count
    }

    private func hint(_ pattern: ResourcePattern) -> String {
        let levels = pattern.text.split(separator: "/", omittingEmptySubsequences: false)
        guard request.service == IPCService.pubsub, levels.contains("+") || levels.contains("#") else {
            return ""
        }
        return "; + and # are plain characters in policies of this service, * is any run of characters"
    }
}
