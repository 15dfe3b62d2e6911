internal import Glibc

/// The way to the control socket of a root, short enough for a socket address.
///
/// A Unix socket's path holds few bytes. A longer one is reached through a descriptor of the root
/// folder, as `/proc/self/fd/N/control.socket`; so a value must live as long as its path is used.
package final class ControlSocket: Sendable {
    /// The socket's name in the root folder.
    static let name = "control.socket"
    /// `sun_path` has room for 107, but NIO takes 103 at most, as other systems have it.
    static let pathBytesMax = 103

    /// A path that a socket can be bound or connected to.
    package let path: String
    private let folder: Int32?

    /// Finds the way.
    ///
    /// - Throws: `DaemonError` when the root folder can't be opened.
    package init(root: String) throws(DaemonError) {
        let long = "\(root)/\(Self.name)"
        guard long.utf8.count > Self.pathBytesMax else {
            path = long
            folder = nil
            return
        }
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DaemonError("can't open the folder \(root): \(lastError)") }
        folder = descriptor
        path = "/proc/self/fd/\(descriptor)/\(Self.name)"
    }

    deinit {
        if let folder {
            close(folder)
        }
    }
}
