import CMosquitto
import Glibc

/// Lets libmosquitto take the URI of a key on a PKCS #11 token: versions up to 2.0.11 at least refuse what
/// they can't open as a file, though it is OpenSSL's engine that reads the key later.
enum TokenKeyFile {
    /// The longest file name that Linux has.
    private static let nameBytesMax = 255

    /// Runs `body` while an empty file is called `uri` in the working folder of this thread.
    ///
    /// From now on this thread has a working folder of its own, which is the same as before when this
    /// returns.
    ///
    /// - Throws: `ConnectionFailure` when there can't be such a file; what `body` throws.
    static func with(_ uri: String, _ body: () throws -> Void) throws {
        guard uri.utf8.count <= Self.nameBytesMax, !uri.contains("/") else {
            throw ConnectionFailure(
                description:
                    "privateKeyPath: a pkcs11: URI has at most \(Self.nameBytesMax) bytes, and / in it "
                    + "is written %2F"
            )
        }
        var template = Array("/tmp/trellis-key-XXXXXX".utf8CString)
        let before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(before) }
        guard before >= 0, unshare(unshare_working_folder) == 0, mkdtemp(&template) != nil else {
            throw Self.failure()
        }
        defer { rmdir(template) }
        guard chdir(template) == 0 else { throw Self.failure() }
        defer { _ = fchdir(before) }
        let file = open(uri, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure() }
        close(file)
        defer { unlink(uri) }
        try body()
    }

    private static func failure() -> ConnectionFailure {
        ConnectionFailure(
            description: "privateKeyPath: the MQTT library can't be given the key of a PKCS #11 token: "
                + String(cString: strerror(errno))
        )
    }
}
