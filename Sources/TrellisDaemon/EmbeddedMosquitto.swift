internal import Broker
internal import Components
internal import FoundationEssentials
internal import Glibc
internal import LambdaLauncher
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The private `mosquitto` that stands in for the cloud: started on a loopback port, watched, started again
/// when it ends.
///
/// Its port is chosen once for a root and kept, over restarts of either, as long as it is free.
final class EmbeddedMosquitto: Sendable {
    /// The delay before it is started again.
    private static let restartDelay = TimeAmount.milliseconds(500)
    /// The end of the line that it writes once it listens.
    private static let listeningMark = " running"
    /// How long the daemon's start waits for that line.
    private static let startTimeMax = TimeAmount.seconds(5)
    /// The wanted port, or the last one, is waited for: 40 times 50 ms.
    private static let portAttemptCountMax = 40
    private static let portAttemptMicroseconds: UInt32 = 50_000
    /// Debian has it in /usr/sbin, which is not on every user's PATH.
    private static let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"]

    private struct State {
        var process: SupervisedProcess?
        var hasListened = false
        /// How it ended before it ever listened.
        var firstEnd: ProcessEnd?
        var isStopping = false
    }

    let port: Int
    private let executable: String
    private let configurationPath: String
    private let folder: String
    private let log: LogFile
    private let launcher: ProcessLauncher
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    private let listening = AsyncStream<Never>.makeStream()
    private let stopped = AsyncStream<Never>.makeStream()

    /// Writes its configuration; it is started by `start`.
    ///
    /// A `wantedPort` of 0 is any that is free, by preference the last one. It fails when mosquitto is not
    /// installed, no port is free or the folder can't be written.
    init(
        folder: String,
        wantedPort: Int,
        logFolder: String,
        launcher: ProcessLauncher,
        eventLoop: any EventLoop,
        logger: Logger
    ) throws(DaemonError) {
        let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = Self.folders + searchPath.split(separator: ":").map { String($0) }
        let candidates: [String] = folders.map { "\($0)/mosquitto" }
        guard let executable = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw DaemonError(
                "mqtt.endpoint is \"embedded\" and mosquitto is not installed: install it (Debian: apt-get "
                    + "install mosquitto), or set mqtt.endpoint to \"none\" in trellis.json"
            )
        }
        self.executable = executable
        self.folder = folder
        self.configurationPath = "\(folder)/mosquitto.conf"
        self.log = LogFile(folder: logFolder, name: "mosquitto")
        self.launcher = launcher
        self.eventLoop = eventLoop
        self.logger = logger
        self.port = try Self.choosePort(wanted: wantedPort, last: Self.lastPort(configurationPath))
        do {
            try Data(Self.configuration(port: port, folder: folder).utf8).write(
                to: URL(filePath: configurationPath)
            )
        } catch {
            throw DaemonError("can't write \(configurationPath): \(error)")
        }
    }

    /// Starts it, and again whenever it ends; returns when it listens, or after five seconds.
    ///
    /// - Throws: `DaemonError` when it ends before it listens: it can't run at all then.
    func start() async throws {
        launch()
        let impatience = eventLoop.scheduleTask(in: Self.startTimeMax) {
            self.listening.continuation.finish()
        }
        for await _ in listening.stream {}
        impatience.cancel()
        let firstEnd = state.withLockedValue { state in
            // From here on an end is followed by another start, however slow this one is.
            state.hasListened = true
            return state.firstEnd
        }
        if let end = firstEnd {
            throw DaemonError("the embedded mosquitto ended (\(end)) before it listened; see \(log.path)")
        }
    }

    private func launch() {
        let plan = LaunchPlan(
            name: "mosquitto",
            executable: executable,
            arguments: ["-c", configurationPath],
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: folder
        )
        let process = launcher.launch(
            plan,
            onOutput: { [log, state, listening = listening.continuation] _, line in
                let text = String(buffer: line)
                if text.hasSuffix(Self.listeningMark) {
                    state.withLockedValue { $0.hasListened = true }
                    listening.finish()
                }
                log.write(
                    LogLine(
                        level: LogLevel.info.rawValue.uppercased(),
                        source: "mosquitto",
                        componentName: "mosquitto",
                        state: ComponentState.running.rawValue,
                        message: text
                    )
                )
            },
            onEnd: { self.didEnd($0) }
        )
        let mustEnd = state.withLockedValue { state in
            state.process = process
            return state.isStopping
        }
        if mustEnd {
            process.signal(SIGTERM)
        }
    }

    /// Ends it; returns when it is gone.
    func stop() async {
        let process = state.withLockedValue { state in
            state.isStopping = true
            return state.process
        }
        guard let process else { return }
        process.signal(SIGTERM)
        let kill = eventLoop.scheduleTask(in: .seconds(1)) { process.kill() }
        for await _ in stopped.stream {}
        kill.cancel()
    }

    private func didEnd(_ end: ProcessEnd) {
        let mustRestart = state.withLockedValue { state in
            if !state.hasListened, !state.isStopping {
                state.firstEnd = end
                state.isStopping = true
            }
            return !state.isStopping
        }
        guard mustRestart else {
            listening.continuation.finish()
            return stopped.continuation.finish()
        }
        logger.error("the embedded mosquitto ended (\(end)) and is started again; see \(log.path)")
        eventLoop.scheduleTask(in: Self.restartDelay) {
            if self.state.withLockedValue({ $0.isStopping }) {
                self.stopped.continuation.finish()
            } else {
                self.launch()
            }
        }
    }

    private static func configuration(port: Int, folder: String) -> String {
        """
        # Written by trellis at every start; changes are lost.
        listener \(port) 127.0.0.1
        allow_anonymous true
        persistence true
        persistence_location \(folder)/
        log_dest stderr
        log_timestamp false
        log_type error
        log_type warning
        log_type notice
        log_type information
        \(getuid() == 0 ? "user root" : "")
        """
    }

    private static func lastPort(_ configurationPath: String) -> Int? {
        guard let data = FileManager.default.contents(atPath: configurationPath) else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("listener ") }?.split(separator: " ").dropFirst().first.flatMap {
            Int($0)
        }
    }

    /// The wanted port, if there is one; else the last one when it is free, else any free one.
    private static func choosePort(wanted: Int, last: Int?) throws(DaemonError) -> Int {
        if let known = wanted == 0 ? last : wanted {
            // After a kill -9 of the daemon the broker before it may take a moment to go.
            for _ in 0..<portAttemptCountMax {
                if let port = freePort(UInt16(clamping: known)) {
                    return port
                }
                usleep(portAttemptMicroseconds)
            }
        }
        guard wanted == 0 else {
            throw DaemonError(
                "can't use port \(wanted) of 127.0.0.1 for the embedded mosquitto: \(lastError); choose "
                    + "another one, or 0 for any free one, as mqtt.port"
            )
        }
        guard let port = freePort(0) else { throw DaemonError("no port on 127.0.0.1 is free: \(lastError)") }
        return port
    }

    private static func freePort(_ wanted: UInt16) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = wanted.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
