import ControlAPI
import FoundationEssentials
import NIOCore

/// What is given as a message on the command line.
enum Payload {
    /// A payload that is read from a file may have so many bytes: what the daemon takes, 6 MiB.
    private static let fileBytesMax = 6 * 1024 * 1024

    /// The bytes of the file that `text` names, or of the text itself.
    static func bytes(of text: String) throws -> ByteBuffer {
        guard FileManager.default.fileExists(atPath: text) else { return ByteBuffer(string: text) }
        let data = try Data(contentsOf: URL(filePath: text))
        guard data.count <= fileBytesMax else {
            throw ControlError(message: "\(text) has \(data.count) bytes; at most \(fileBytesMax) are taken")
        }
        return ByteBuffer(bytes: data)
    }
}
