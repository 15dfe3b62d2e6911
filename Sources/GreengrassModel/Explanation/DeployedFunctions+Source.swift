/// What people call a function.
extension DeployedFunctions {
    private static let componentPrefix = "component:"

    /// The one function that `text` names; an ARN with a version need not be deployed.
    func function(called text: String) throws(ExplanationSourceError) -> FunctionARN {
        if text.hasPrefix("arn:") { return try version(of: arn(text), found: text) }
        if text.hasPrefix(Self.componentPrefix) { return try component(text) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let named = components.filter { $0.name.description == parts[0] || $0.arn.name == parts[0] }
        guard !named.isEmpty else { throw notDeployed(text, names: names) }
        guard parts.count == 2 else { return try one(of: named.map(\.arn), found: text) }
        let functions = Set(named.map(\.arn.unqualified))
        var candidates: [FunctionARN] = []
        for function in functions { candidates.append(try arn("\(function):\(parts[1])")) }
        let deployed = candidates.filter(contains)
        return try version(of: one(of: deployed.isEmpty ? candidates : deployed, found: text), found: text)
    }

    private func arn(_ text: String) throws(ExplanationSourceError) -> FunctionARN {
        do {
            return try FunctionARN(text)
        } catch {
            throw .malformedARN(error)
        }
    }

    private func component(_ text: String) throws(ExplanationSourceError) -> FunctionARN {
        let name: ComponentName
        do {
            name = try ComponentName(text.dropFirst(Self.componentPrefix.count))
        } catch {
            throw .malformedComponentName(error)
        }
        if let arn = arn(of: name) { return arn }
        throw notDeployed(text, names: components.map { "\(Self.componentPrefix)\($0.name)" })
    }

    /// `arn` with the version that its qualifier stands for.
    private func version(
        of arn: FunctionARN,
        found: String
    ) throws(ExplanationSourceError) -> FunctionARN {
        if arn.isVersion { return arn }
        if arn.qualifier == "$LATEST" { throw .latest(arn) }
        guard arn.qualifier == nil else {
            guard let resolved = resolve(alias: arn) else {
                throw .unknownAlias(arn, explanation: explainUnknownAlias(arn))
            }
            return resolved
        }
        let versions = components.map(\.arn).filter { $0.unqualified == arn }
        guard !versions.isEmpty else {
            throw notDeployed(found, names: components.map(\.arn.description))
        }
        return try one(of: versions, found: found)
    }

    private func one(
        of candidates: [FunctionARN],
        found: String
    ) throws(ExplanationSourceError) -> FunctionARN {
        guard candidates.count == 1 else {
            throw .ambiguous(
                found: found,
                candidates: candidates.sorted { $0.description < $1.description }
            )
        }
        return candidates[0]
    }

    /// Every name that leads to a function without saying what it is the name of.
    private var names: [String] {
        components.flatMap { [$0.name.description, $0.arn.name] }
    }

    private func notDeployed(_ found: String, names: [String]) -> ExplanationSourceError {
        let names = Set(names).sorted()
        return .notDeployed(
            found: found,
            suggestion: found.nearest(in: names + ["cloud", "pubsub"]),
            deployed: names
        )
    }
}
