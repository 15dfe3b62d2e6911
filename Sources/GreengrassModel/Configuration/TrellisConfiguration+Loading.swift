extension TrellisConfiguration {
    /// Reads the configuration alone, for a command that only looks for its daemon.
    ///
    /// - Parameter root: What the command line says in place of the configuration's `root`.
    /// - Returns: The settings; the other documents are not looked at.
    /// - Throws: Everything there is to say about `trellis.json` in the current folder, when it can't be
    ///   used.
    package static func load(root: String? = nil) throws(DocumentError) -> TrellisConfiguration {
        var logs: [DiagnosticLog] = []
        let configuration = read(nil, root: root, in: "") { path in
            logs.append(DiagnosticLog(file: path))
            return logs[logs.count - 1]
        }
        _ = try logs.finish()
        return configuration
    }

    /// Reads the file at `givenPath`; without one, the `trellis.json` in `folder` if there is one, else the
    /// defaults.
    static func read(
        _ givenPath: String?,
        root: String?,
        in folder: String,
        _ newLog: (String) -> DiagnosticLog
    ) -> TrellisConfiguration {
        let path = DocumentFile.join(folder, givenPath ?? fileName)
        var configuration = TrellisConfiguration(defaultsIn: folder)
        if givenPath != nil || DocumentFile.kind(path) != .nothing {
            // A table is looked for beside a configuration that can be read.
            configuration.subscriptionsPath = nil
            configuration.file = path
            if let document = DocumentFile.read(path, log: newLog(path)) {
                configuration.read(document, folder: DocumentFile.folder(of: path))
            }
        }
        if let root {
            configuration.root = DocumentFile.join(
                DocumentFile.currentFolder,
                DocumentFile.join(folder, root)
            )
        }
        return configuration
    }
}
