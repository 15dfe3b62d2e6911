import Foundation
import Glibc
import TestSupport

/// A connection that carries exactly the bytes it is given, and shows what comes back as it stands on the
/// wire.
final class RawConnection: Sendable {
    /// A peer that says nothing for this long never will.
    private static let patienceSeconds = 30

    private let descriptor: Int32

    /// Connects to a port of the loopback interface.
    init(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        descriptor = try Self.connect(AF_INET, to: &address)
    }

    /// Connects to a Unix socket.
    init(socket path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        descriptor = try Self.connect(AF_UNIX, to: &address)
    }

    private static func connect<Address>(_ family: Int32, to address: inout Address) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let length = socklen_t(MemoryLayout<Address>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, length)
            }
        }
        guard status == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ProgramError(description: "connecting: \(reason)")
        }
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Sends what fits into the socket.
    func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Sends `bytes` until they are sent or nobody takes them.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends `bytes`, then `piece` as often as asked, and collects what comes until the peer closes.
    ///
    /// It works on a thread of its own, since either may wait.
    func exchange(_ bytes: [UInt8], piece: [UInt8] = [], times: Int = 0) async -> RawAnswer {
        await withCheckedContinuation { continuation in
            Thread { [self] in
                send(bytes)
                for _ in 0..<times {
                    send(piece)
                }
                continuation.resume(returning: RawAnswer(text: String(decoding: rest(), as: UTF8.self)))
            }
            .start()
        }
    }

    /// Waits until the peer has read everything that was sent.
    func waitUntilRead() {
        var unread: Int32 = 0
        repeat {
            sched_yield()
        } while ioctl(descriptor, UInt(TIOCOUTQ), &unread) == 0 && unread > 0
    }

    /// What has come, once there is something; empty when the peer has closed.
    ///
    /// - Throws: `ProgramError` when nothing comes.
    func receive() throws -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 || errno == ECONNRESET else {
            throw ProgramError(description: "receiving: \(String(cString: strerror(errno)))")
        }
        return Array(chunk.prefix(max(count, 0)))
    }

    private func rest() -> [UInt8] {
        var received: [UInt8] = []
        while let chunk = try? receive(), !chunk.isEmpty {
            received += chunk
        }
        return received
    }
}

/// What came back on a connection.
struct RawAnswer: CustomStringConvertible {
    let text: String

    var description: String { String(text.prefix(1_000)) }

    /// The statuses of the responses, in their order.
    var statuses: [Int] {
        text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
    }

    var status: Int? { statuses.last }

    /// What follows the last head.
    var body: String { text.components(separatedBy: "\r\n\r\n").last ?? "" }

    /// The value of a header field of the last response, its name as it was sent.
    func header(_ name: String) -> String? {
        text.components(separatedBy: "\r\n").last { $0.hasPrefix("\(name): ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }
}
