/// A component file that could be read, with the values that checks across files have something to say about.
struct ComponentFile {
    let component: LambdaComponent
    let name: DocumentNode
    let arn: DocumentNode
    let code: DocumentNode
    let dependencies: [ComponentName: DocumentNode]
    let aliases: DocumentNode?

    /// The component in the file at `path`, or `nil` after a report to `log`.
    static func read(_ path: String, log: DiagnosticLog) -> ComponentFile? {
        DocumentFile.read(path, log: log).flatMap { read($0, folder: DocumentFile.folder(of: path)) }
    }

    /// The component in `document`, whose relative paths begin at `folder`; `nil` after a report.
    static func read(_ document: DocumentNode, folder: String) -> ComponentFile? {
        guard var object = document.object() else { return nil }
        let functionNode = object.required("lambdaFunction")
        let configurationNode = object.required("functionConfiguration")
        // The rest of what `create-component-version` takes concerns AWS alone.
        object.ignore("tags", "clientToken")
        object.warnOfUnknownKeys()
        let configuration = configurationNode.flatMap { FunctionConfiguration.read($0, folder: folder) }
        return functionNode.flatMap { read(function: $0, configuration) }
    }

    private static func read(
        function node: DocumentNode,
        _ configuration: FunctionConfiguration?
    ) -> ComponentFile? {
        guard var object = node.object() else { return nil }
        let arnNode = object.required("lambdaArn")
        let arn = arnNode.flatMap(readARN)
        let nameNode = object.optional("componentName")
        let name = nameNode?.componentName() ?? arn.flatMap { try? ComponentName($0.name) }
        let version = readVersion(object.optional("componentVersion")) ?? arn?.qualifier.map { "\($0).0.0" }
        checkPlatforms(object.optional("componentPlatforms"))
        let dependencies = readDependencies(object.optional("componentDependencies"))
        var parameters = LambdaParametersReader()
        parameters.read(object.optional("componentLambdaParameters"))
        object.warnOfUnknownKeys()

        guard let arnNode, let arn, let name, let version, let configuration else { return nil }
        return ComponentFile(
            component: LambdaComponent(
                name: name,
                version: version,
                arn: arn,
                dependencies: dependencies.map(\.dependency),
                parameters: parameters.parameters,
                runtime: configuration.runtime,
                handler: configuration.handler,
                code: configuration.code,
                aliases: configuration.aliases,
                posixUser: configuration.posixUser,
                isStartedFast: configuration.isStartedFast,
                file: DocumentFile.join(DocumentFile.currentFolder, node.log.file)
            ),
            name: nameNode ?? arnNode,
            arn: arnNode,
            code: configuration.codeNode,
            dependencies: Dictionary(
                dependencies.map { ($0.dependency.name, $0.node) },
                uniquingKeysWith: { first, _ in first }
            ),
            aliases: configuration.aliasesNode
        )
    }

    private static func readARN(_ node: DocumentNode) -> FunctionARN? {
        guard let arn = node.functionARN() else { return nil }
        guard arn.isVersion else {
            node.reject("the ARN must end with a version number, for example \(arn.unqualified):1")
            return nil
        }
        return arn
    }

    static func readVersion(_ node: DocumentNode?) -> String? {
        guard let node, let text = node.string() else { return nil }
        guard SemanticVersion.isValid(text) else {
            node.reject(
                "a component version is a semantic version of at most 64 characters, for example 1.0.0"
            )
            return nil
        }
        return text
    }

    /// Platforms say where AWS may deploy a component; here they only have to be right.
    private static func checkPlatforms(_ node: DocumentNode?) {
        for element in node?.elements(orIndexed: true) ?? [] {
            guard var object = element.object() else { continue }
            _ = object.optional("name")?.string()
            for entry in object.optional("attributes")?.entries() ?? [] { _ = entry.node.string() }
            object.warnOfUnknownKeys()
        }
    }

    private static func readRequirement(_ node: DocumentNode) -> VersionRequirement? {
        guard let text = node.filledString() else { return nil }
        let requirement = VersionRequirement(text)
        if requirement == nil { node.reject(VersionRequirement.allowed) }
        return requirement
    }

    private static func readDependencies(
        _ node: DocumentNode?
    ) -> [(dependency: ComponentDependency, node: DocumentNode)] {
        (node?.entries() ?? []).compactMap { key, place, node in
            guard var object = node.object() else { return nil }
            let requirement = object.optional("versionRequirement").flatMap(readRequirement)
            let kinds: KeyValuePairs = ["HARD": ComponentDependency.Kind.hard, "SOFT": .soft]
            let kind = object.optional("dependencyType")?.choice(kinds) ?? .hard
            object.warnOfUnknownKeys()
            guard let name = try? ComponentName(key) else {
                let message = "found \(key.quoted); \(ComponentNameError.allowed)"
                node.log.add(.error, message, at: place, keyPath: node.keyPath)
                return nil
            }
            return (ComponentDependency(name: name, versionRequirement: requirement, kind: kind), node)
        }
    }
}
