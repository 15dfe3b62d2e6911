import Foundation
import TestSupport

/// A real mosquitto on a loopback port of its own, with nothing kept on disk.
final class MosquittoServer {
    let port: Int
    private let folder: URL
    private var process: Program?

    private init(_ settings: [String]) throws {
        self.port = try freePort()
        self.folder = FileManager.default.temporaryDirectory.appending(path: "mosquitto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let configuration = """
            listener \(self.port) 127.0.0.1
            allow_anonymous true
            persistence false
            log_dest stderr
            log_type all
            \(settings.joined(separator: "\n"))
            """
        try Data(configuration.utf8).write(to: self.folder.appending(path: "mosquitto.conf"))
    }

    /// Runs `body` with a server, and ends it whatever `body` does.
    ///
    /// - Parameter settings: Further lines of its configuration.
    static func run(
        _ settings: [String] = [],
        _ body: (MosquittoServer) async throws -> Void
    ) async throws {
        let server = try MosquittoServer(settings)
        do {
            try await server.start()
            try await body(server)
        } catch {
            await server.kill()
            throw error
        }
        await server.kill()
        try FileManager.default.removeItem(at: server.folder)
    }

    /// Starts the server again, on the same port.
    func start() async throws {
        let configuration = self.folder.appending(path: "mosquitto.conf").path
        let process = try Program("/usr/sbin/mosquitto", ["-c", configuration])
        self.process = process
        let lines = try await process.lines { $0.hasSuffix("running") || $0.contains("Error") }
        guard lines[0].hasSuffix("running") else { throw POSIXError(.EADDRINUSE) }
    }

    /// Every line it has logged.
    var lines: [String] { self.process?.lines ?? [] }

    /// Waits for a line of its log.
    func line(with text: String) async throws {
        _ = try await self.process?.line(with: text)
    }

    /// Stops it from answering, without closing anything.
    func freeze() {
        self.process?.signal(SIGSTOP)
    }

    /// Ends the server with SIGKILL.
    func kill() async {
        _ = try? await self.process?.kill()
        self.process = nil
    }

    /// Publishes with `mosquitto_pub` at QoS 1; returns when the server has the message.
    func publish(_ topic: String, _ payload: String) async throws {
        // From a file: the largest payloads are no argument of a program.
        let file = self.folder.appending(path: UUID().uuidString)
        try Data(payload.utf8).write(to: file)
        let source = payload.isEmpty ? ["-n"] : ["-f", file.path]
        let arguments = ["-h", "127.0.0.1", "-p", "\(self.port)", "-q", "1", "-t", topic] + source
        _ = try await Program("/usr/bin/mosquitto_pub", arguments).end()
    }

    /// Runs `body` with a `mosquitto_sub` that is subscribed already; its lines are `topic payload`.
    func withSubscriber(to filter: String, _ body: (Program) async throws -> Void) async throws {
        // mosquitto_sub writes to a pipe in blocks, if nobody tells it not to.
        let subscriber = try Program(
            "/usr/bin/stdbuf",
            [
                "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(self.port)", "-q", "1", "-t", filter,
                "-v", "-d",
            ]
        )
        _ = try await subscriber.lines { $0.hasPrefix("Subscribed") }
        do {
            try await body(subscriber)
        } catch {
            _ = try? await subscriber.kill()
            throw error
        }
        _ = try await subscriber.kill()
    }
}

/// A TCP port of the loopback address that nobody listens on.
///
/// None of those that the system gives to clients: one of them could get it before the server does.
func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = Int.random(in: 10_000..<32_768)
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw POSIXError(.EMFILE) }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isFree { return port }
    }
    throw POSIXError(.EADDRINUSE)
}
