import ControlAPI
import FoundationEssentials
import GreengrassModel
import NIOCore

/// What is given as a message on the command line.
enum Payload {
    /// A payload that is read from a file may have so many bytes: what the daemon takes, 6 MiB.
    private static let fileBytesMax = 6 * 1024 * 1024

    /// The bytes of the file that `text` names, or of the text itself.
    ///
    /// Only a regular file counts: a folder has no bytes, and a device may never end.
    ///
    /// - Throws: `ControlError` when the file is too large or can't be read.
    static func bytes(of text: String) throws -> ByteBuffer {
        let file = URL(filePath: text).resolvingSymlinksInPath()
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular else {
            return ByteBuffer(string: text)
        }
        let byteCount = FileAttribute.integer(attributes[.size]) ?? .max
        guard byteCount <= fileBytesMax else {
            throw ControlError(
                message: "\(text) has \(byteCount) bytes; at most \(fileBytesMax) are taken"
            )
        }
        guard let data = try? Data(contentsOf: file) else {
            throw ControlError(message: "\(text) can't be read; check its permissions")
        }
        return ByteBuffer(bytes: data)
    }
}
