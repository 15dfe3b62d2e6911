import Foundation
import TestSupport

extension TemporaryFolder {
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    func bytes(of name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path).appending(path: name)))
    }

    func size(of name: String) throws -> Int {
        try attributes(of: name)[.size] as? Int ?? -1
    }

    func permissions(of name: String) throws -> Int {
        try attributes(of: name)[.posixPermissions] as? Int ?? -1
    }

    var freeBytes: Int {
        get throws {
            try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? Int ?? -1
        }
    }

    private func attributes(of name: String) throws -> [FileAttributeKey: Any] {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
    }
}
