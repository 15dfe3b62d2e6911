import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import LambdaLauncher

/// The launcher that is built beside the tests, or the one that `TRELLIS_TEST_LAUNCHER` names (to run the
/// tests against one with sanitizers).
let launcherExecutable: String = {
    if let named = getenv("TRELLIS_TEST_LAUNCHER") {
        return String(cString: named)
    }
    // The runner loads the test bundle, which lies where everything is built.
    guard let maps = fopen("/proc/self/maps", "r") else { return "trellis-launcher" }
    defer { fclose(maps) }
    var line = [CChar](repeating: 0, count: 8192)
    while fgets(&line, Int32(line.count), maps) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasSuffix(".xctest\n"), let slash = text.firstIndex(of: "/") {
            let folder = text[slash...].split(separator: "/").dropLast().joined(separator: "/")
            return "/\(folder)/trellis-launcher"
        }
    }
    return "trellis-launcher"
}()

/// The daemon's log is not looked at here.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Makes a launcher that waits for outputs as long as it takes, so that an end proves that they have ended.
func makeLauncher(
    openFileLimit: UInt64? = nil,
    drainTimeMax: TimeAmount = .hours(1),
    forkTimeMax: TimeAmount = .hours(1),
    onLauncherLost: @escaping @Sendable (ProcessEnd) -> Void = { _ in }
) -> ProcessLauncher {
    ProcessLauncher(
        executable: launcherExecutable,
        eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
        openFileLimit: openFileLimit,
        outputDrainTimeMax: drainTimeMax,
        forkTimeMax: forkTimeMax,
        logger: quiet,
        onLauncherLost: onLauncherLost
    )
}

/// Starts a launcher for the length of `body`; whatever that starts is gone afterwards.
func withLauncher(
    _ launcher: ProcessLauncher = makeLauncher(),
    _ body: (ProcessLauncher) async throws -> Void
) async throws {
    try launcher.start()
    do {
        try await body(launcher)
    } catch {
        await launcher.shutdown()
        throw error
    }
    await launcher.shutdown()
}

/// A plan for a shell script.
func script(_ text: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"]) -> LaunchPlan {
    LaunchPlan(
        name: "script",
        executable: "/bin/sh",
        arguments: ["-c", text],
        environment: environment,
        workingDirectory: "/"
    )
}

/// One line of a process.
struct Line: Hashable, Sendable {
    var level: LogLevel
    var text: String
}

/// A started process with its output.
struct RunningProcess {
    let process: SupervisedProcess
    let lines: AsyncStream<Line>

    /// The next line, or "" after the last.
    func nextLine() async -> String {
        var iterator = lines.makeAsyncIterator()
        return await iterator.next()?.text ?? ""
    }

    /// All further lines, and the end.
    func finish() async throws -> (lines: [Line], end: ProcessEnd) {
        var all: [Line] = []
        for await line in lines {
            all.append(line)
        }
        return (all, try await process.end.get())
    }
}

extension ProcessLauncher {
    /// Launches, and keeps the output for the test.
    func run(_ plan: LaunchPlan) -> RunningProcess {
        let (lines, continuation) = AsyncStream.makeStream(of: Line.self)
        let process = launch(plan) { level, line in
            continuation.yield(Line(level: level, text: String(buffer: line)))
        } onEnd: { _ in
            continuation.finish()
        }
        return RunningProcess(process: process, lines: lines)
    }
}

/// Whether there is such a process, a zombie or not.
func exists(_ pid: pid_t) -> Bool {
    kill(pid, 0) == 0 || errno != ESRCH
}

/// The parent of a live process.
func parent(of pid: pid_t) throws -> pid_t {
    struct NoSuchProcess: Error {}
    guard let file = fopen("/proc/\(pid)/stat", "r") else { throw NoSuchProcess() }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let size = fread(&bytes, 1, bytes.count, file)
    let afterName = String(decoding: bytes[..<size], as: UTF8.self).split(separator: ")").last ?? ""
    guard let parent = pid_t(afterName.split(separator: " ")[1]) else { throw NoSuchProcess() }
    return parent
}
