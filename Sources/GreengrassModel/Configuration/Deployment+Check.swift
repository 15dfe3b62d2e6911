extension Deployment {
    /// What there is to say about files of any kind, which their keys tell.
    ///
    /// A configuration is checked with all the files it names. Subscriptions are checked against the
    /// component files among `paths`; when there are none, what their rows name is not judged.
    ///
    /// `archiveProblem` says what is wrong with the code archive at a path, if anything.
    package static func check(
        _ paths: [String],
        archiveProblem: ArchiveProblem = { _ in nil }
    ) -> [Diagnostic] {
        let files = paths.map { path in
            let log = DiagnosticLog(file: path)
            return (log: log, document: DocumentFile.read(path, log: log))
        }
        let componentFiles = files.filter { $0.document?.looksLikeComponent ?? false }
        let components = componentFiles.compactMap { file in
            file.document.flatMap { ComponentFile.read($0, folder: DocumentFile.folder(of: file.log.file)) }
        }
        checkTogether(components, isComplete: false)
        checkArchives(components, archiveProblem)
        let isComplete = !components.isEmpty && components.count == componentFiles.count
        let functions = DeployedFunctions(components.map(\.component), isComplete: isComplete)

        return files.flatMap { log, document -> [Diagnostic] in
            guard let document, !document.looksLikeComponent else { return log.diagnostics }
            if document.looksLikeSubscriptions {
                _ = SubscriptionTable.read(document, functions: functions)
                return log.diagnostics
            }
            do throws(DocumentError) {
                return try load(configurationPath: log.file, archiveProblem: archiveProblem).warnings
            } catch {
                return error.diagnostics
            }
        }
    }
}

extension DocumentNode {
    fileprivate var looksLikeComponent: Bool {
        member("lambdaFunction") != nil || member("functionConfiguration") != nil
    }

    /// The configuration's key of this name has a path.
    fileprivate var looksLikeSubscriptions: Bool {
        if case .object? = member("subscriptions") { true } else { false }
    }

    private func member(_ key: String) -> JSONValue.Content? {
        guard case .object(let members) = value.content else { return nil }
        return members.first { $0.key == key }?.value.content
    }
}
