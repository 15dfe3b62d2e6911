/// Says what is wrong with the code archive at a path, in words that follow the path; `nil` when it is good.
package typealias ArchiveProblem = (_ path: String) -> String?

/// All documents of a daemon, read and checked together.
package struct Deployment: Sendable {
    /// The settings.
    package var configuration: TrellisConfiguration
    /// The components, in the order of the configuration; no name and no ARN stands twice.
    package var components: [LambdaComponent]
    /// The components that are no functions; no name stands twice, and none is a function's.
    package var genericComponents: [GenericComponent]
    /// The subscriptions.
    package var subscriptions: SubscriptionTable
    /// What there is to say about documents that can be used.
    package var warnings: [Diagnostic]

    /// Reads every document that the configuration names.
    ///
    /// - Parameters:
    ///   - configurationPath: `nil` is `trellis.json` in `folder` if it exists, else there are defaults.
    ///   - root: What the command line says in place of the configuration's `root`.
    ///   - folder: Where relative paths of the command line begin; an empty text is the current folder.
    ///   - archiveProblem: Says what is wrong with the code archive at a path, if anything.
    /// - Returns: What the daemon needs to start.
    /// - Throws: Everything there is to say about all documents, when one can't be used.
    package static func load(
        configurationPath: String? = nil,
        root: String? = nil,
        in folder: String = "",
        archiveProblem: ArchiveProblem = { _ in nil }
    ) throws(DocumentError) -> Deployment {
        var logs: [DiagnosticLog] = []
        func newLog(_ path: String) -> DiagnosticLog {
            logs.append(DiagnosticLog(file: path))
            return logs[logs.count - 1]
        }
        let configuration = TrellisConfiguration.read(configurationPath, root: root, in: folder, newLog)
        let configurationLog = logs.last
        let files = configuration.componentPaths.map { ComponentFile.read($0, log: newLog($0)) }
        let readable = files.compactMap(\.self)
        let generic = configuration.genericComponents.map(\.component)
        checkTogether(readable, beside: [], generic, isComplete: readable.count == files.count)
        checkArchives(readable, archiveProblem)
        let components = readable.map(\.component)
        if let configurationLog {
            configuration.genericComponents.checkUnique(beside: components, log: configurationLog)
            if readable.count == files.count {
                let names = components.map(\.name.description) + generic.map(\.name.description)
                configuration.componentSettings.warnOfUnknownComponents(Set(names), log: configurationLog)
            }
        }
        var subscriptions = SubscriptionTable()
        if let path = configuration.subscriptionsPath {
            subscriptions = SubscriptionTable.read(
                DocumentFile.read(path, log: newLog(path)),
                functions: DeployedFunctions(
                    components,
                    beside: generic,
                    isComplete: readable.count == files.count
                ),
                mappings: configuration.topicMappings
            )
            if let log = logs.last { IoTCoreCheck(configuration).check(subscriptions, log: log) }
        }
        IoTCoreCheck(configuration).check(readable)
        IoTCoreCheck(configuration).check(subscriptions, components, log: configurationLog)
        return Deployment(
            configuration: configuration,
            components: components,
            genericComponents: generic,
            subscriptions: subscriptions,
            warnings: try logs.finish()
        )
    }
}

/// What only a look into an archive can show.
extension Deployment {
    static func checkArchives(_ files: [ComponentFile], _ archiveProblem: ArchiveProblem) {
        for file in files {
            guard case .archive(let path) = file.component.code, let problem = archiveProblem(path) else {
                continue
            }
            file.code.reject(problem)
        }
    }
}
