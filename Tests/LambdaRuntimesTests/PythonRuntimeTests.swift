import Foundation
import LambdaRuntimes
import TestSupport
import Testing

/// Runs `Tests/Python` with the installed files, under every version of Python that is here.
@Suite("The Python runtime")
struct PythonRuntimeTests {
    private static let project = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static let versions = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"].filter {
        interpreter($0) != nil
    }

    private static func interpreter(_ version: String) -> PythonInterpreter? {
        let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let found = try? PythonInterpreter.find(runtime: "python" + version, searchPath: searchPath)
        return found.flatMap { $0.warning == nil ? $0 : nil }
    }

    @Test("is tested with at least one version")
    func hasVersions() {
        #expect(!Self.versions.isEmpty)
    }

    @Test("passes its tests", .timeLimit(.minutes(4)), arguments: versions)
    func passes(version: String) async throws {
        let python = try #require(Self.interpreter(version)).path
        let root = try TemporaryFolder()
        let files = try RuntimeFiles.install(in: root.path)
        let environment = [
            "TRELLIS_PYTHON_RUNTIME": files.pythonRuntime,
            "TRELLIS_GREENGRASSSDK": SDK.folder ?? "",
        ]
        let tests = Self.project + "/Tests/Python"
        let log = try root.write([], to: "log")
        let status = try await run(
            python,
            ["-m", "unittest", "discover", "-s", tests],
            environment: environment,
            output: #require(FileHandle(forWritingAtPath: log))
        )
        let output = try String(contentsOfFile: log, encoding: .utf8)
        #expect(status == 0, "\(output)")
    }

    /// The unmodified SDK: where the set-up step puts it, else fetched once for all versions.
    private enum SDK {
        static let folder: String? = {
            let installed = project + "/.trellis/python"
            if FileManager.default.fileExists(atPath: installed + "/greengrasssdk") { return installed }
            // Kept for the next run; git ignores it.
            let fetched = project + "/.build/greengrasssdk"
            if FileManager.default.fileExists(atPath: fetched + "/greengrasssdk") { return fetched }
            guard let python = versions.lazy.compactMap(interpreter).first?.path else { return nil }
            let pip = Process()
            pip.executableURL = URL(filePath: python)
            pip.arguments = ["-m", "pip", "install", "--quiet", "--target", fetched, "greengrasssdk==1.6.1"]
            guard (try? pip.run()) != nil else { return nil }
            pip.waitUntilExit()
            return pip.terminationStatus == 0 ? fetched : nil
        }()
    }
}

/// Runs a program to its end and returns its status.
private func run(
    _ program: String,
    _ arguments: [String],
    environment: [String: String],
    output: FileHandle
) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
        .merging(environment) { _, new in new }
        .merging(["PYTHONDONTWRITEBYTECODE": "1"]) { _, new in new }
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { continuation in
        process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
        do {
            try process.run()
        } catch {
            process.terminationHandler = nil
            continuation.resume(throwing: error)
        }
    }
}
