/// What AWS knows of a function from Lambda itself: `functionConfiguration`.
struct FunctionConfiguration {
    private static let runtimeLengthMax = 64

    let runtime: String
    let handler: FunctionHandler
    let code: FunctionCode
    let codeNode: DocumentNode
    let aliases: [String: String]
    let aliasesNode: DocumentNode?
    let posixUser: PosixUser?
    let isStartedFast: Bool

    /// The configuration in `node`, whose relative path begins at `folder`; `nil` after a report.
    static func read(_ node: DocumentNode, folder: String) -> FunctionConfiguration? {
        guard var object = node.object() else { return nil }
        let runtime = object.required("Runtime").flatMap(readRuntime)
        let handler = object.required("Handler").flatMap(readHandler)
        let codeNode = object.required("CodeUri")
        let code = codeNode.flatMap { readCode($0, folder: folder) }
        let aliasesNode = object.optional("Aliases")
        let aliases = readAliases(aliasesNode)
        let posixUser = PosixUser.read(object.optional("runWith"))
        let isStartedFast = object.optional("fastStart")?.bool() ?? true
        object.warnOfUnknownKeys()
        guard let runtime, let handler, let codeNode, let code else { return nil }
        return FunctionConfiguration(
            runtime: runtime,
            handler: handler,
            code: code,
            codeNode: codeNode,
            aliases: aliases,
            aliasesNode: aliasesNode,
            posixUser: posixUser,
            isStartedFast: isStartedFast
        )
    }

    private static func readRuntime(_ node: DocumentNode) -> String? {
        guard let text = node.string() else { return nil }
        // The name of a runtime leads to the name of a program.
        let isRuntime = text.isMade { $0.isLetter || $0.isNumber || ".-_".contains($0) }
        guard isRuntime, (1...runtimeLengthMax).contains(text.count), text.first != "." else {
            node.reject("a runtime is Lambda's word for it, for example python3.11")
            return nil
        }
        return text
    }

    private static func readHandler(_ node: DocumentNode) -> FunctionHandler? {
        guard let text = node.string() else { return nil }
        let handler = FunctionHandler(text)
        if handler == nil { node.reject(FunctionHandler.allowed) }
        return handler
    }

    private static func readCode(_ node: DocumentNode, folder: String) -> FunctionCode? {
        guard let text = node.filledString() else { return nil }
        let path = DocumentFile.join(folder, text)
        let absolute = DocumentFile.join(DocumentFile.currentFolder, path)
        switch DocumentFile.kind(path) {
        case .folder:
            return .folder(absolute)
        case .file where text.lowercased().hasSuffix(".zip"):
            return .archive(absolute)
        case .file, .other:
            node.reject("CodeUri must be a folder, or an archive whose name ends with .zip")
        case .nothing:
            node.reject("there is no such folder or archive; the path is relative to the folder of this file")
        }
        return nil
    }

    private static func readAliases(_ node: DocumentNode?) -> [String: String] {
        var aliases: [String: String] = [:]
        for (alias, place, node) in node?.entries() ?? [] {
            guard FunctionARN.isAlias(alias) else {
                let allowed = "an alias is letters, digits, hyphens and underscores, and not digits alone"
                node.log.add(.error, "found \(alias.quoted); \(allowed)", at: place, keyPath: node.keyPath)
                continue
            }
            guard let version = node.string() else { continue }
            if FunctionARN.isVersionNumber(version) {
                aliases[alias] = version
            } else {
                node.reject("an alias stands for a version number in quotes, for example \"1\"")
            }
        }
        return aliases
    }
}
