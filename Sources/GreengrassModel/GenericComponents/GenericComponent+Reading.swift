extension GenericComponent {
    private static let shutdownSecondsMax = 3_600
    private static let shell = ["/bin/sh", "-c"]

    /// The component in `node`, whose relative paths begin at the folder of its file; `nil` after a report.
    static func read(_ node: DocumentNode) -> GenericComponentEntry? {
        guard var object = node.object() else { return nil }
        let nameNode = object.required("name")
        let name = nameNode?.componentName()
        let command = object.required("run").flatMap(readCommand)
        let file = DocumentFile.join(DocumentFile.currentFolder, node.log.file)
        let folder = DocumentFile.folder(of: file)
        var workingDirectory: String? = folder
        if let node = object.optional("workingDirectory") {
            workingDirectory = readFolder(node, in: folder)
        }
        let version = object.optional("version").flatMap { ComponentFile.readVersion($0) }
        let environment = object.optional("environment")?.environment()
        let posixUser = PosixUser.read(object.optional("runWith"))
        let restart = object.optional("restart")?.choice(RestartRule.words)
        let seconds = object.optional("shutdownTimeoutInSeconds")?.wholeNumber(in: 0...shutdownSecondsMax)
        // `ComponentSettings` reads them.
        object.ignore("accessControl", "configuration")
        object.warnOfUnknownKeys()
        guard let nameNode, let name, let command, let workingDirectory else { return nil }
        var component = GenericComponent(
            name: name,
            command: command,
            workingDirectory: workingDirectory,
            file: file
        )
        component.version = version ?? component.version
        component.environment = environment ?? component.environment
        component.posixUser = posixUser
        component.restart = restart ?? component.restart
        component.shutdownTimeout = seconds.map { .seconds($0) } ?? component.shutdownTimeout
        return GenericComponentEntry(
            component: component,
            place: nameNode.value.place,
            keyPath: nameNode.keyPath
        )
    }

    /// A program with its arguments, or a text for the shell.
    private static func readCommand(_ node: DocumentNode) -> [String]? {
        let allowed = "run is a list, the program and its arguments, or a text for the shell"
        switch node.value.content {
        case .string:
            return node.filledString().map { shell + [$0] }
        case .array(let elements):
            let words = (node.elements() ?? []).compactMap { $0.string() }
            guard words.count == elements.count else { return nil }
            guard let program = words.first, !program.isEmpty else {
                node.reject(allowed, found: "a list without a program")
                return nil
            }
            return words
        default:
            node.reject(allowed)
            return nil
        }
    }

    private static func readFolder(_ node: DocumentNode, in folder: String) -> String? {
        guard let text = node.filledString() else { return nil }
        let path = DocumentFile.join(folder, text)
        guard DocumentFile.kind(path) == .folder else {
            node.reject("there is no such folder; a relative path begins at the folder of this file")
            return nil
        }
        return path
    }
}

extension [GenericComponentEntry] {
    /// Refuses names that stand twice, here or among `functions`.
    func checkUnique(beside functions: [LambdaComponent], log: DiagnosticLog) {
        var known = Set(functions.map(\.name))
        for entry in self where !known.insert(entry.component.name).inserted {
            log.add(
                .error,
                "found \(entry.component.name.description.quoted); another component is called that, too: "
                    + "give one of them another name",
                at: entry.place,
                keyPath: entry.keyPath
            )
        }
    }
}

extension GenericComponent {
    /// Reads the configuration file of some deployed components again.
    ///
    /// - Returns: The named components as the file describes them now, in the order of `deployed`.
    /// - Throws: Everything there is to say about the file's components, when one can't be used or is gone.
    package static func reread(
        _ names: Set<ComponentName>,
        of deployed: [GenericComponent]
    ) throws(DocumentError) -> (components: [GenericComponent], warnings: [Diagnostic]) {
        let wanted = deployed.filter { names.contains($0.name) }
        guard let path = wanted.first?.file else { return ([], []) }
        let log = DiagnosticLog(file: path)
        var known: [ComponentName: GenericComponent] = [:]
        if var document = DocumentFile.read(path, log: log)?.object() {
            let entries = (document.optional("components")?.elements() ?? []).compactMap { element in
                if case .object = element.value.content { read(element) } else { nil }
            }
            entries.checkUnique(beside: [], log: log)
            known = Dictionary(entries.map { ($0.component.name, $0.component) }) { first, _ in first }
        }
        let components = wanted.compactMap { component in
            if known[component.name] == nil {
                log.add(
                    .error,
                    "\(component.name) is not among the components any more; start the daemon again "
                        + "without it"
                )
            }
            return known[component.name]
        }
        return (components, try [log].finish())
    }
}
