internal import Glibc

/// The Greengrass IPC's socket of a root, and a path to it that every client can connect to.
///
/// A Unix socket's path holds few bytes. A longer one is reached through a symbolic link to the root folder,
/// which goes with this value; one that a daemon before has left is used again.
final class IPCSocket: Sendable {
    /// The socket's name in the root folder.
    static let name = "ipc.socket"
    /// Where links are made.
    private static let linkFolder = "/tmp"
    /// So many links of strangers are passed over.
    private static let linksMax = 16

    /// A path that a socket can be bound or connected to.
    let path: String
    private let link: String?

    /// Finds the path; `root` is absolute.
    ///
    /// - Throws: `DaemonError` when a link is needed and can't be made.
    init(root: String) throws(DaemonError) {
        let long = "\(root)/\(Self.name)"
        link = long.utf8.count > ControlSocket.pathBytesMax ? try Self.link(to: root) : nil
        path = link.map { "\($0)/\(Self.name)" } ?? long
    }

    deinit {
        if let link {
            unlink(link)
        }
    }

    /// Lets every user connect, once the socket is bound: who calls is told by a token.
    ///
    /// - Throws: `DaemonError` when the socket is not there.
    func open() throws(DaemonError) {
        guard chmod(path, 0o666) == 0 else { throw DaemonError("can't open \(path): \(lastError)") }
    }

    /// A link that nobody but this user can have made, since it could lead to a stranger who collects tokens.
    private static func link(to root: String) throws(DaemonError) -> String {
        // FNV-1a.
        let hash = root.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { hash, byte in
            (hash ^ UInt64(byte)) &* 1_099_511_628_211
        }
        for number in 0..<linksMax {
            let link = "\(linkFolder)/trellis-\(String(hash, radix: 36))-\(number)"
            if symlink(root, link) == 0 || isOwn(link, to: root) {
                return link
            }
        }
        throw DaemonError(
            "the path \(root) is too long for a socket, and \(linkFolder) takes no link to it "
                + "(\(lastError)): choose a shorter --root"
        )
    }

    private static func isOwn(_ link: String, to root: String) -> Bool {
        var status = stat()
        guard lstat(link, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, status.st_uid == geteuid()
        else { return false }
        guard let target = realpath(link, nil) else { return false }
        defer { free(target) }
        return String(cString: target) == root
    }
}
