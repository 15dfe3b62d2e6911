import Foundation
import Testing

/// The checkout that these tests stand in.
enum Checkout {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Whether git knows which files belong to the project; an unpacked archive has no git.
    static let isUnderGit = FileManager.default.fileExists(atPath: root.appending(path: ".git").path)

    /// The files that git tracks, as paths from the root.
    static func trackedFiles() throws -> [String] {
        let git = Process()
        let output = Pipe()
        git.executableURL = URL(filePath: "/usr/bin/env")
        // A checkout that belongs to another user is fine to read.
        git.arguments = ["git", "-c", "safe.directory=*", "-C", root.path, "ls-files", "-z"]
        git.standardOutput = output
        try git.run()
        let listing = try output.fileHandleForReading.readToEnd() ?? Data()
        git.waitUntilExit()
        try #require(git.terminationStatus == 0)
        return String(decoding: listing, as: UTF8.self)
            .split(separator: "\0").map(String.init)
            .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
    }

    /// The names of the folders right under `folder`.
    static func folders(in folder: String) throws -> [String] {
        try FileManager.default
            .contentsOfDirectory(
                at: root.appending(path: folder),
                includingPropertiesForKeys: [.isDirectoryKey]
            )
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .map(\.lastPathComponent)
            .sorted()
    }

    /// Every file under `folder` whose name ends in one of `extensions`, read.
    static func textFiles(in folder: String, extensions: Set<String>) throws -> [TextFile] {
        let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return try (paths?.compactMap { $0 as? String } ?? [])
            .filter { extensions.contains(URL(filePath: $0).pathExtension) }
            .sorted()
            .compactMap { try text(at: folder + "/" + $0) }
    }

    /// The file at `path`, or `nil` when it is no text.
    static func text(at path: String) throws -> TextFile? {
        let data = try Data(contentsOf: root.appending(path: path))
        return String(validating: data, as: UTF8.self).map { TextFile(path: path, text: $0) }
    }
}
