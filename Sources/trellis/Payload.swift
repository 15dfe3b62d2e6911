import ControlAPI
import FoundationEssentials
import Glibc
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
        var status = stat()
        guard stat(text, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return ByteBuffer(string: text)
        }
        let byteCount = status.st_size
        guard byteCount <= fileBytesMax else {
            throw ControlError(
                message: "\(text) has \(byteCount) bytes; at most \(fileBytesMax) are taken"
            )
        }
        guard let data = try? Data(contentsOf: URL(filePath: text)) else {
            throw ControlError(message: "\(text) can't be read; check its permissions")
        }
        return ByteBuffer(bytes: data)
    }
}
