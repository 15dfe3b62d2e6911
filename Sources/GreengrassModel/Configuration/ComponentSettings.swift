/// What the configuration file says of components for the Greengrass IPC: what they may do, and what they
/// are configured with.
///
/// `accessControl` and `configuration` at the top name the components; a component that is no function may
/// have its own beside its name; and a configuration may have an `accessControl` in it, as in a recipe.
package struct ComponentSettings: Hashable, Sendable {
    /// What components may do; no id stands twice.
    package var policies: [AccessPolicy] = []
    /// What components are configured with; no component stands twice.
    package var configurations: [ComponentConfiguration] = []

    /// Makes the settings of a file that has none.
    package init() {}

    /// Reads the file at `path` for them again, and nothing else of it.
    ///
    /// - Returns: The settings, and what there is to say about them.
    /// - Throws: Everything there is to say about them, when they can't be used.
    package static func load(
        _ path: String
    ) throws(DocumentError) -> (settings: ComponentSettings, warnings: [Diagnostic]) {
        let log = DiagnosticLog(file: path)
        var settings = ComponentSettings()
        if var object = DocumentFile.read(path, log: log)?.object() { settings.read(&object) }
        return (settings, try [log].finish())
    }

    /// What a component is configured with, as JSON; an empty object when nothing is said.
    package func configuration(of component: String) -> String {
        configurations.first { $0.component == component }?.text ?? "{}"
    }

    mutating func read(_ object: inout DocumentObject) {
        for (name, node) in Self.byComponent(object.optional("accessControl"), orEveryComponent: true) {
            policies += AccessPolicy.read(node, component: name)
        }
        for (name, node) in Self.byComponent(object.optional("configuration"), orEveryComponent: false) {
            add(ComponentConfiguration.read(node, component: name), node)
        }
        if case .array(let elements)? = object.optional("components")?.value.content {
            for (index, element) in elements.enumerated() {
                guard case .object(let members) = element.content else { continue }
                let path = "components[\(index)]"
                read(members, of: DocumentNode(value: element, keyPath: path, log: object.node.log))
            }
        }
        checkUnique(object.node.log)
    }

    /// The entries of an object whose keys are components.
    private static func byComponent(
        _ node: DocumentNode?,
        orEveryComponent: Bool
    ) -> [(name: String, node: DocumentNode)] {
        (node?.entries() ?? []).compactMap { name, place, entry in
            if name == AccessPolicy.everyComponent, orEveryComponent { return (name, entry) }
            guard (try? ComponentName(name)) != nil else {
                entry.log.add(
                    .error,
                    "found \(name.quoted); \(ComponentNameError.allowed)"
                        + (orEveryComponent ? ", or \"*\" for every component" : ""),
                    at: place,
                    keyPath: entry.keyPath
                )
                return nil
            }
            return (name, entry)
        }
    }

    /// Reads what a component that is no function has beside its name.
    private mutating func read(_ members: [JSONMember], of node: DocumentNode) {
        guard case .string(let name)? = members.first(where: { $0.key == "name" })?.value.content,
            (try? ComponentName(name)) != nil
        else { return }
        for member in members {
            let value = node.child(member.value, key: member.key)
            switch member.key {
            case "accessControl": policies += AccessPolicy.read(value, component: name)
            case "configuration": add(ComponentConfiguration.read(value, component: name), value)
            default: continue
            }
        }
    }

    private mutating func add(_ configuration: ComponentConfiguration?, _ node: DocumentNode) {
        guard let configuration else { return }
        guard !configurations.contains(where: { $0.component == configuration.component }) else {
            node.reject(
                "\(configuration.component) has a configuration elsewhere in this file, too; keep one",
                found: "a second configuration"
            )
            return
        }
        configurations.append(configuration)
        let key = ComponentConfiguration.accessControl
        if case .object(let members) = node.value.content,
            let member = members.first(where: { $0.key == key })
        {
            let value = node.child(member.value, key: key)
            policies += AccessPolicy.read(value, component: configuration.component)
        }
    }

    private func checkUnique(_ log: DiagnosticLog) {
        var known: [String: AccessPolicy] = [:]
        for policy in policies {
            if let other = known.updateValue(policy, forKey: policy.id) {
                log.add(
                    .error,
                    "found the policy \(policy.id.quoted) of \(policy.component), and \(other.component) has "
                        + "one of this name, too: names of policies are unique on a machine",
                    at: policy.place
                )
            }
        }
    }

    /// Warns of components that are not among the deployed ones.
    func warnOfUnknownComponents(_ deployed: Set<String>, log: DiagnosticLog) {
        let named =
            policies.map { ($0.component, $0.place) } + configurations.map { ($0.component, $0.place) }
        var told: Set<String> = [AccessPolicy.everyComponent]
        for (name, place) in named where !deployed.contains(name) && told.insert(name).inserted {
            let near = name.nearest(in: deployed).map { "; did you mean \($0.quoted)?" } ?? ""
            log.add(.warning, "no component is called \(name.quoted)\(near)", at: place)
        }
    }
}
