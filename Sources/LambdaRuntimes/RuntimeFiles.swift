import FoundationEssentials

/// The files of the runtimes, at the place where the processes of functions read them.
package struct RuntimeFiles: Hashable, Sendable {
    /// The folder that holds all of them; its name changes with their contents.
    package let folder: String

    /// The script that serves a Python function: `PYTHON SCRIPT --handler=module.function`.
    package var pythonRuntime: String { folder + "/" + EmbeddedFile.pythonRuntimePath }

    /// Writes what is missing or damaged below `ROOT/runtimes/VERSION/`, each file under another name first.
    ///
    /// To be called by one process at a time for a root.
    ///
    /// - Throws: ``RuntimeFilesError`` when a folder or a file can't be written.
    package static func install(in root: String) throws(RuntimeFilesError) -> RuntimeFiles {
        let files = RuntimeFiles(folder: root + "/runtimes/" + EmbeddedFile.version(of: EmbeddedFile.all))
        for file in EmbeddedFile.all {
            let path = files.folder + "/" + file.path
            do {
                try write(Data(file.contents), to: path)
            } catch {
                throw RuntimeFilesError(path: path, cause: error)
            }
        }
        return files
    }

    private static func write(_ contents: Data, to path: String) throws {
        let manager = FileManager.default
        // Whatever the daemon's umask: functions may run as another user.
        if manager.contents(atPath: path) != contents {
            let folder = URL(filePath: path).deletingLastPathComponent()
            try manager.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755]
            )
            try contents.write(to: URL(filePath: path), options: .atomic)
        }
        try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }
}
