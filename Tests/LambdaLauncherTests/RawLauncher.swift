import Glibc
import NIOCore

@testable import LambdaLauncher

/// A launcher whose socket the test itself holds.
final class RawLauncher {
    private let spawn: LauncherSpawn
    private var isOpen = true

    init() throws {
        spawn = try LauncherSpawn(executable: launcherExecutable)
        // A launcher that fails to answer fails the test instead of stopping it.
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(
            spawn.socket,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    deinit {
        if isOpen {
            _ = end()
        }
    }

    func send(_ packet: ByteBuffer, descriptors: [Int32] = []) throws {
        try sendPacket(packet, descriptors: descriptors, to: spawn.socket)
    }

    func nextEvent() -> LauncherEvent? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let size = recv(spawn.socket, &bytes, bytes.count, 0)
        return size < 0 ? nil : LauncherEvent(ByteBuffer(bytes: bytes[..<size]))
    }

    /// Closes the socket, as the kernel does when the daemon is killed, and waits for the launcher.
    func end() -> ProcessEnd {
        isOpen = false
        close(spawn.socket)
        var status: Int32 = 0
        waitpid(spawn.pid, &status, 0)
        return ProcessEnd(waitStatus: status)
    }
}
