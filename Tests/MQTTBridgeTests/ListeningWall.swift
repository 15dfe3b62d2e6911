import Foundation

/// A port that takes no more connections and refuses none: who connects waits.
final class ListeningWall {
    let port: Int
    private var sockets: [CInt] = []

    init() throws {
        self.port = try freePort()
        let listener = try Self.socket()
        self.sockets.append(listener)
        guard Self.withAddress(self.port, { bind(listener, $0, $1) }) == 0, listen(listener, 0) == 0 else {
            throw POSIXError(.EADDRINUSE)
        }
        // As many as the kernel keeps for a listener that accepts none, and more.
        for _ in 0..<4 {
            let client = try Self.socket()
            self.sockets.append(client)
            _ = Self.withAddress(self.port) { connect(client, $0, $1) }
        }
    }

    deinit {
        for socket in self.sockets { close(socket) }
    }

    private static func socket() throws -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(AF_INET, type, 0)
        guard socket >= 0 else { throw POSIXError(.EMFILE) }
        return socket
    }

    private static func withAddress(
        _ port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
