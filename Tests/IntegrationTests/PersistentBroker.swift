import Foundation
import Glibc
import TestSupport

/// A real mosquitto on a Unix socket, which has its sessions and messages again after `kill -9`.
final class PersistentBroker {
    let socket: String
    private let folder: String
    private var process: Program

    /// Starts one with its files in `folder`.
    init(in folder: String) async throws {
        self.folder = folder
        socket = "\(folder)/broker.socket"
        // As root it would become another user, who may not write here.
        let configuration = """
            listener 0 \(socket)
            allow_anonymous true
            persistence true
            persistence_location \(folder)/
            max_queued_messages 0
            log_dest stderr
            user root
            """
        try Data(configuration.utf8).write(to: URL(filePath: "\(folder)/mosquitto.conf"))
        process = try Self.launch(in: folder)
        try await process.line(with: " running")
    }

    /// Ends it with SIGKILL, and starts it again.
    ///
    /// mosquitto acknowledges what it has in memory, and writes its file only when it is told to. So nobody
    /// may get an acknowledgement any more when this is called: it would be for a message that is lost.
    ///
    /// - Parameter member: The client that has the only shared subscription.
    func killAndRestart(member: String, filter: String) async throws {
        let before = fileNumber
        process.signal(SIGUSR1)
        // The file is written beside the one before, and takes its place.
        while fileNumber == before {
            try Task.checkCancellation()
            await Task.yield()
        }
        try await process.kill()
        process = try Self.launch(in: folder)
        try await process.line(with: " running")
        try await subscribe(filter, as: member)
    }

    /// Makes a client's subscription again, and acknowledges nothing in its place.
    ///
    /// mosquitto 2.0 has forgotten shared subscriptions when it starts again, though neither the session nor
    /// what waits in it: it would lose what is published before the member subscribes.
    private func subscribe(_ filter: String, as client: String) async throws {
        func text(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count)] + Array(text.utf8) }
        func packet(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, UInt8(body.count)] + body }
        let connect = packet(0x10, text("MQTT") + [4, 0, 0, 0] + text(client))
        let subscribe = packet(0x82, [0, 1] + text(filter) + [1])
        let disconnect = packet(0xE0, [])
        let answer = try await RawConnection(socket: socket).exchange(connect + subscribe + disconnect)
        guard answer.text.contains("\u{3}\0\u{1}\u{1}") else {
            throw ProgramError(description: "no SUBACK: \(answer)")
        }
    }

    private static func launch(in folder: String) throws -> Program {
        try Program("/usr/sbin/mosquitto", ["-c", "\(folder)/mosquitto.conf"])
    }

    /// The inode of its file.
    private var fileNumber: UInt64 {
        var status = stat()
        return stat("\(folder)/mosquitto.db", &status) == 0 ? UInt64(status.st_ino) : 0
    }
}
