import Foundation

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "trellis-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and the folders it lies in.
    @discardableResult
    func write(_ contents: some Sequence<UInt8>, to name: String) throws -> String {
        let url = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(contents).write(to: url)
        return url.path
    }

    /// Everything in the folder: `path mode`, then the text of a file or the target of a link.
    func listing(of folder: String = "") throws -> [String] {
        let manager = FileManager.default
        let root = folder.isEmpty ? path : path + "/" + folder
        return try manager.subpathsOfDirectory(atPath: root).map { name in
            let attributes = try manager.attributesOfItem(atPath: root + "/" + name)
            let permissions = String(attributes[.posixPermissions] as? Int ?? 0, radix: 8)
            switch attributes[.type] as? FileAttributeType {
            case .typeSymbolicLink:
                return try "\(name) -> \(manager.destinationOfSymbolicLink(atPath: root + "/" + name))"
            case .typeDirectory:
                return "\(name)/ \(permissions)"
            case .typeRegular:
                let file = FileHandle(forReadingAtPath: root + "/" + name)
                let contents = try file?.readToEnd() ?? Data()
                return "\(name) \(permissions) \(String(decoding: contents.prefix(80), as: UTF8.self))"
            default:
                return "\(name) ?"
            }
        }.sorted()
    }
}
