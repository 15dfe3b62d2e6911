/// What the rows of a subscription table may refer to.
struct DeployedFunctions {
    let components: [LambdaComponent]
    /// Whether every component file could be read; if not, an unknown name says nothing about the row.
    let isComplete: Bool
    /// The names of the components that are no functions.
    private let others: Set<String>
    private let byComponent: [ComponentName: FunctionARN]
    private let byARN: [FunctionARN: LambdaComponent]
    /// What the aliases of each unqualified ARN stand for.
    private let aliases: [FunctionARN: [String: String]]

    init(_ components: [LambdaComponent], beside others: [GenericComponent] = [], isComplete: Bool = true) {
        self.components = components
        self.others = Set(others.map(\.name.description))
        self.isComplete = isComplete
        byComponent = Dictionary(components.map { ($0.name, $0.arn) }) { first, _ in first }
        byARN = Dictionary(components.map { ($0.arn, $0) }) { first, _ in first }
        aliases = Dictionary(components.map { ($0.arn.unqualified, $0.aliases) }) { one, other in
            one.merging(other) { first, _ in first }
        }
    }

    func contains(_ arn: FunctionARN) -> Bool {
        byARN[arn] != nil
    }

    func arn(of component: ComponentName) -> FunctionARN? {
        byComponent[component]
    }

    /// The version that `arn`, whose qualifier is an alias, stands for.
    func resolve(alias arn: FunctionARN) -> FunctionARN? {
        guard let alias = arn.qualifier, let version = aliases[arn.unqualified]?[alias] else { return nil }
        return arn.atVersion(version)
    }

    /// What to write instead of an alias that nobody defines.
    func explainUnknownAlias(_ arn: FunctionARN) -> String {
        let known = (aliases[arn.unqualified] ?? [:]).keys.sorted()
        let names = known.isEmpty ? "the function has none" : "the function has \(known.list)"
        return "no component file has this alias in its Aliases; \(names)"
    }

    /// What to write instead of a component that is not deployed.
    func explainUnknownComponent(_ name: String) -> String {
        guard !others.contains(name) else {
            return "this component is no Lambda function, and subscriptions are for functions: they exchange "
                + "messages with it over the local bus, through the target pubsub and PUB_SUB event sources"
        }
        let deployed = byComponent.keys.map(\.description).sorted()
        let suggestion = name.nearest(in: deployed).map { "did you mean component:\($0)? " } ?? ""
        let names = deployed.isEmpty ? "no component is deployed" : "deployed are " + deployed.list
        return "this component is not deployed; \(suggestion)\(names)"
    }

    /// The component of the function `arn`.
    func component(of arn: FunctionARN) -> LambdaComponent? {
        byARN[arn]
    }

    /// What was perhaps meant by `arn`, which is not deployed: other versions of the function, or else
    /// functions of its name.
    func alternatives(to arn: FunctionARN) -> [FunctionARN] {
        let sameName = byARN.keys.filter { $0.name == arn.name }
        let versions = sameName.filter { $0.unqualified == arn.unqualified }
        return (versions.isEmpty ? sameName : versions).sorted { $0.description < $1.description }
    }

    /// What is deployed instead of `arn`, which is not.
    func explainUndeployed(_ arn: FunctionARN) -> String {
        let alternatives = alternatives(to: arn)
        guard let first = alternatives.first else { return "no function of this name is deployed" }
        if first.unqualified != arn.unqualified {
            return "deployed is \(alternatives.map(\.description).list)"
        }
        return "deployed is version \(alternatives.compactMap(\.qualifier).list) of it"
    }
}

extension [String] {
    /// The first of the texts, joined by commas, for a message.
    var list: String {
        let shownMax = 10
        return prefix(shownMax).joined(separator: ", ") + (count > shownMax ? ", …" : "")
    }
}
