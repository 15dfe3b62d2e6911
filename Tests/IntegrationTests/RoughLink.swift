import Foundation
import Glibc
import NIOConcurrencyHelpers
import TestSupport

/// A way to a broker that a test slows, silences and cuts.
///
/// Every connection has a thread for each direction. What is on the way while the link is silent is held and
/// goes on later, as it does where a network drops packets and TCP sends them again.
final class RoughLink: Sendable {
    enum Mode {
        case open
        /// Little at a time.
        case slow
        /// Nothing goes through, not even the end of a connection: a half-open link.
        case silent
        /// Connections are closed at once.
        case down
    }

    /// Where it listens.
    let port: Int
    private let listener: Int32
    private let traffic: Traffic

    /// - Parameter target: The path of the broker's Unix socket.
    init(to target: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw ProgramError(description: String(cString: strerror(errno))) }
        let traffic = Traffic(to: target)
        Thread { [listener, traffic] in traffic.accept(from: listener) }.start()
        port = Int(UInt16(bigEndian: address.sin_port))
        self.listener = listener
        self.traffic = traffic
    }

    deinit {
        cut()
        // Ends the thread that accepts, which closes it.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// What becomes of the bytes from now on.
    func set(_ mode: Mode) {
        traffic.set(mode)
    }

    /// Ends every connection, and takes none until another mode is set.
    func cut() {
        traffic.set(.down)
        traffic.cut()
    }
}

/// What the threads of a link share.
private final class Traffic: Sendable {
    private struct State {
        var mode = RoughLink.Mode.open
        var connections: [ObjectIdentifier: Connection] = [:]
    }

    /// The two sockets of a connection, closed with it.
    private final class Connection: Sendable {
        let client: Int32
        let broker = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)

        init(client: Int32) {
            self.client = client
        }

        deinit {
            close(client)
            close(broker)
        }

        func connect(to path: String) -> Bool {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
            return withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(broker, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
        }
    }

    private static let slowBytes = 64
    private static let slowMilliseconds: Int32 = 20

    private let target: String
    private let state = NIOLockedValueBox(State())
    /// Whether the link is silent.
    private let silence = ConditionLock(value: false)

    init(to target: String) {
        self.target = target
    }

    func set(_ mode: RoughLink.Mode) {
        state.withLockedValue { $0.mode = mode }
        silence.lock()
        silence.unlock(withValue: mode == .silent)
    }

    func cut() {
        state.withLockedValue { state in
            for connection in state.connections.values {
                shutdown(connection.client, Int32(SHUT_RDWR))
                shutdown(connection.broker, Int32(SHUT_RDWR))
            }
        }
    }

    func accept(from listener: Int32) {
        while case let client = Glibc.accept(listener, nil, nil), client >= 0 {
            // No program that a test starts keeps the connection open.
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            let connection = Connection(client: client)
            let isTaken = state.withLockedValue { state in
                guard state.mode != .down, connection.connect(to: target) else { return false }
                state.connections[ObjectIdentifier(connection)] = connection
                return true
            }
            guard isTaken else { continue }
            Thread { [self] in carry(from: client, to: connection.broker, of: connection) }.start()
            Thread { [self] in carry(from: connection.broker, to: client, of: connection) }.start()
        }
        close(listener)
    }

    private func carry(from source: Int32, to target: Int32, of connection: Connection) {
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let isSlow = state.withLockedValue { $0.mode == .slow }
            let count = recv(source, &chunk, isSlow ? Self.slowBytes : chunk.count, 0)
            if isSlow {
                poll(nil, 0, Self.slowMilliseconds)
            }
            silence.lock(whenValue: false)
            silence.unlock(withValue: false)
            guard count > 0, send(chunk.prefix(count), to: target) else { break }
        }
        shutdown(source, Int32(SHUT_RD))
        shutdown(target, Int32(SHUT_WR))
        state.withLockedValue { $0.connections[ObjectIdentifier(connection)] = nil }
    }

    private func send(_ bytes: ArraySlice<UInt8>, to target: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
