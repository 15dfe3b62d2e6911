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
    func killAndRestart() async throws {
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
