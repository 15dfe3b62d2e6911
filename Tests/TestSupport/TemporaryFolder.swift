import Foundation

/// A folder of its own for one test, removed with it.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Makes the folder, with these files.
    package init(_ files: [String: String] = [:]) throws {
        // The real path: `/tmp` may be a link, and what is found below it is resolved.
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "trellis-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        path = folder.path
        for (name, text) in files {
            try write(text.utf8, to: name)
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and the folders it lies in.
    @discardableResult
    package func write(
        _ contents: some Sequence<UInt8>,
        to name: String,
        permissions: Int = 0o644
    ) throws -> String {
        let url = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(contents).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: url.path)
        return url.path
    }
}
