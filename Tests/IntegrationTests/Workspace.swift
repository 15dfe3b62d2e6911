import Foundation
import Glibc
import TestSupport

/// A folder with a daemon's files, and the programs that a test runs in it.
///
/// The function `actor` does what its event says, so that a test reads as what happens, not as Python.
final class Workspace: Sendable {
    static let account = "arn:aws:lambda:eu-central-1:123456789012:function:"

    /// The folder of the package, and of what its build made.
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let trellis = "\(package)/.build/debug/trellis"
    /// Where the set-up step installs greengrasssdk.
    static let pythonPackages = "\(package)/.trellis/python"

    let folder: String
    var root: String { "\(folder)/root" }

    init(name: String = UUID().uuidString) throws {
        folder = "/tmp/trellis-test-\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard FileManager.default.fileExists(atPath: "\(Self.pythonPackages)/greengrasssdk") else {
            throw ProgramError(description: "greengrasssdk is missing: run make setup")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func write(_ text: String, to name: String) throws {
        let url = URL(filePath: "\(folder)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: url, options: .atomic)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    /// Adds a function whose code is `code`, with more parameters, more of its configuration and its
    /// dependencies as JSON members.
    func addFunction(
        _ name: String,
        version: Int = 1,
        code: String = Workspace.actor,
        parameters: [String: any Sendable] = [:],
        configuration: [String: any Sendable] = [:],
        dependencies: [String: any Sendable] = [:]
    ) throws {
        var all: [String: any Sendable] = [
            "linuxProcessParams": ["isolationMode": "NoContainer"],
            "environmentVariables": ["PYTHONPATH": Self.pythonPackages],
        ]
        all.merge(parameters) { $1 }
        let document: [String: any Sendable] = [
            "lambdaFunction": [
                "lambdaArn": "\(Self.account)\(name):\(version)", "componentLambdaParameters": all,
                "componentDependencies": dependencies,
            ] as [String: any Sendable],
            "functionConfiguration": configuration.merging([
                "Runtime": "python3.9", "Handler": "function.handler", "CodeUri": "\(name)/",
            ]) { given, _ in given },
        ]
        let data = try JSONSerialization.data(withJSONObject: document)
        try write(String(decoding: data, as: UTF8.self), to: "\(name).json")
        try write(code, to: "\(name)/function.py")
    }

    /// Writes the table: rows of source, subject and target; a name without colon stands for its function's
    /// ARN, version 1.
    func writeSubscriptions(_ rows: [(String, String, String)]) throws {
        var table: [String: [String: String]] = [:]
        for (number, row) in rows.enumerated() {
            table["row\(number)"] = [
                "id": "row\(number)", "source": Self.arn(row.0), "subject": row.1, "target": Self.arn(row.2),
            ]
        }
        let data = try JSONSerialization.data(withJSONObject: ["subscriptions": table])
        try write(String(decoding: data, as: UTF8.self), to: "subscriptions.json")
    }

    private static func arn(_ name: String) -> String {
        name.contains(":") || ["cloud", "pubsub"].contains(name) ? name : "\(account)\(name):1"
    }

    /// Starts a daemon on all functions that were added, and waits until they run.
    ///
    /// - Parameters:
    ///   - mqtt: The configuration's key of this name.
    ///   - limits: The configuration's key of this name.
    ///   - openFilesMax: How many files it may have open, if less than the tests may.
    ///   - path: Its `PATH`, if not that of the tests.
    func startDaemon(
        mqtt: String = "{}",
        limits: String = "{}",
        openFilesMax: Int? = nil,
        path: String? = nil
    ) async throws -> Program {
        try writeConfiguration(keys: ["mqtt": mqtt, "limits": limits])
        return try await run(openFilesMax: openFilesMax, path: path)
    }

    /// Writes `trellis.json`, with all functions that were added, further components as JSON objects, and
    /// more of its keys with their JSON.
    func writeConfiguration(components: [String] = [], keys: KeyValuePairs<String, String> = [:]) throws {
        let list = (try componentFiles().map { "\"\($0)\"" } + components).joined(separator: ", ")
        if !FileManager.default.fileExists(atPath: "\(folder)/subscriptions.json") {
            try writeSubscriptions([])
        }
        let more = keys.map { #", "\#($0)": \#($1)"# }.joined()
        try write(
            #"{"root": "root", "components": [\#(list)], "subscriptions": "subscriptions.json"\#(more)}"#,
            to: "trellis.json"
        )
    }

    /// Starts a daemon on the folder's own `trellis.json`, and waits until the functions run.
    func run(openFilesMax: Int? = nil, path: String? = nil) async throws -> Program {
        let daemon = try launch(openFilesMax: openFilesMax, path: path)
        try await daemon.line(with: "running; Ctrl-C ends it")
        for component in try componentFiles() where try isPinned(component) {
            try await daemon.line(with: "\(component.dropLast(5)): is ready")
        }
        return daemon
    }

    /// Starts a daemon on the folder's own `trellis.json`, and waits for nothing.
    func launch(openFilesMax: Int? = nil, path: String? = nil) throws -> Program {
        let command =
            (path.map { ["/usr/bin/env", "PATH=\($0)"] } ?? [])
            + [Self.trellis, "run", "--config", "\(folder)/trellis.json", "--root", root]
            + ["--log-level", "info"]
        let words = openFilesMax.map { Self.limitingFiles(to: $0, command) } ?? command
        return try Program(words[0], Array(words.dropFirst()))
    }

    /// A command line that runs `command` with `count` open files at most, and none open but the first three.
    static func limitingFiles(to count: Int, _ command: [String]) -> [String] {
        let limit = """
            import os, resource, sys
            os.closerange(3, 4096)
            resource.setrlimit(resource.RLIMIT_NOFILE, (\(count), \(count)))
            os.execv(sys.argv[1], sys.argv[1:])
            """
        return ["/usr/bin/env", "python3", "-c", limit] + command
    }

    private func componentFiles() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".json") && !["trellis.json", "subscriptions.json"].contains($0) }.sorted()
    }

    private func isPinned(_ component: String) throws -> Bool {
        struct File: Decodable {
            struct Function: Decodable {
                struct Parameters: Decodable {
                    let pinned: Bool?
                }

                let componentLambdaParameters: Parameters?
            }

            let lambdaFunction: Function
        }
        let file = try JSONDecoder().decode(File.self, from: Data(text(component).utf8))
        return file.lambdaFunction.componentLambdaParameters?.pinned ?? true
    }

    /// Follows a function's log, from its beginning on.
    func follow(_ name: String) throws -> Program {
        try Program(Self.trellis, ["logs", "get", "-n", name, "--follow", "--root", root])
    }

    /// Publishes messages in the cloud, in their order; returns when they are there.
    func send(_ messages: [String], to topic: String) async throws {
        let name = UUID().uuidString
        try write(messages.joined(separator: "\n") + "\n", to: name)
        let sender = try Program(
            "/usr/bin/mosquitto_pub",
            ["-h", "127.0.0.1", "-p", try await cloudPort(), "-t", topic, "-q", "1", "-l"],
            input: "\(folder)/\(name)"
        )
        guard try await sender.end() == 0 else { throw ProgramError(description: "\(sender.lines)") }
    }

    /// Runs a command of the command line to its end.
    ///
    /// A test whose time is up ends here, also when it asks again and again.
    ///
    /// - Returns: Its exit status and its lines.
    func trellis(_ arguments: String...) async throws -> (status: Int32, lines: [String]) {
        try Task.checkCancellation()
        let program = try Program(Self.trellis, arguments + ["--root", root])
        return (try await program.end(), program.lines)
    }

    /// Invokes a function with an event for `actor`.
    func invoke(
        _ name: String,
        _ event: [String: any Sendable]
    ) async throws -> (status: Int32, answer: Answer) {
        let payload = String(decoding: try JSONSerialization.data(withJSONObject: event), as: UTF8.self)
        let (status, lines) = try await trellis("lambda", "invoke", "-n", name, "--json", "-p", payload)
        let text = lines.filter { !$0.hasPrefix("the function failed") }.joined(separator: "\n")
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(text.utf8)) else {
            throw ProgramError(description: lines.joined(separator: "\n"))
        }
        return (status, answer)
    }

    func status() async throws -> Status {
        let (_, lines) = try await trellis("status", "--json")
        return try JSONDecoder().decode(Status.self, from: Data(lines.joined(separator: "\n").utf8))
    }

    /// Waits until the link to the cloud is up: a session there begins only then.
    func cloudIsConnected() async throws {
        let session = try Program(Self.trellis, ["iotcore", "sub", "-t", "never/used", "--root", root])
        try await session.line(with: "Successfully subscribed")
    }

    func state(_ name: String) async throws -> String? {
        try await status().components.first { $0.name == name }?.state
    }

    /// The port of the embedded mosquitto.
    func cloudPort() async throws -> String {
        "\(try await status().mqtt.port)"
    }

    /// Listens in the cloud; returns once the subscription is in force.
    func listen(_ filter: String) async throws -> Program {
        let program = try Program(
            "/usr/bin/stdbuf",
            [
                "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", try await cloudPort(), "-t", filter, "-q",
                "1", "-d", "-F", "got %t %p",
            ]
        )
        try await program.line(with: "Subscribed")
        return program
    }
}

/// The parts of `status --json` that tests look at.
struct Status: Decodable {
    struct MQTT: Decodable {
        let port: Int
        let state: String
    }

    struct LegacyIPC: Decodable {
        let port: Int
    }

    struct Component: Decodable {
        let name: String
        let state: String
        let instances: Int
        let queue: Int
    }

    struct Link: Decodable {
        let name: String
        let state: String
        let spool: Spool?
    }

    let mqtt: MQTT
    let links: [Link]
    let legacyIPC: LegacyIPC
    struct Store: Decodable {
        let problem: String?
        let unwrittenDeadLetters: Int
    }

    let components: [Component]
    struct Spool: Decodable {
        let messages: Int
        let problem: String?
    }

    let deadLetters: Int
    let store: Store
    let spool: Spool?
}

/// What `lambda invoke --json` writes.
struct Answer: Decodable {
    /// What `actor` returns, and the document that describes an error.
    struct Payload: Decodable {
        var ok: String?
        var error: String?
        var pid: Int32?
        var pids: [Int32]?
        var errorMessage: String?
        var errorType: String?
        var stackTrace: [String]?
    }

    let FunctionError: String?
    let Payload: Payload?
}
