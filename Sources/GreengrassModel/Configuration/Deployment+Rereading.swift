extension Deployment {
    /// Reads the files of some deployed components again, and checks them against the rest.
    ///
    /// - Parameters:
    ///   - names: Whose files to read.
    ///   - components: The functions that are deployed.
    ///   - generic: The other components that are.
    ///   - archiveProblem: Says what is wrong with the code archive at a path, if anything.
    /// - Returns: The named components as their files are now, in the order of `components`.
    /// - Throws: Everything there is to say about the files, when one can't be used.
    package static func reread(
        _ names: Set<ComponentName>,
        of components: [LambdaComponent],
        beside generic: [GenericComponent] = [],
        archiveProblem: ArchiveProblem = { _ in nil }
    ) throws(DocumentError) -> (components: [LambdaComponent], warnings: [Diagnostic]) {
        var logs: [DiagnosticLog] = []
        var files: [ComponentFile] = []
        for component in components where names.contains(component.name) {
            guard let path = component.file else { continue }
            let log = DiagnosticLog(file: path)
            logs.append(log)
            guard let file = ComponentFile.read(path, log: log) else { continue }
            if file.component.name != component.name {
                file.name.reject(
                    "this file was deployed as \(component.name); start the daemon again to rename it"
                )
            }
            files.append(file)
        }
        if !logs.contains(where: \.hasErrors) {
            let others = components.filter { !names.contains($0.name) }
            checkTogether(files, beside: others, generic, isComplete: true)
            checkArchives(files, archiveProblem)
        }
        let warnings = try logs.finish()
        return (files.map(\.component), warnings)
    }
}
