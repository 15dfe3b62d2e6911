import Foundation
import TestSupport

extension TemporaryFolder {
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
