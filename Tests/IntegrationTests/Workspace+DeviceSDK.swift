import Foundation
import Glibc
import TestSupport
import Testing

extension Workspace {
    /// Where a component is told who it is and whom it speaks to.
    static let tokenVariable = "SVCUID"
    static let socketVariable = "AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT"

    /// Starts a daemon on all functions that were added, and on components that only wait: the test or one of
    /// its programs speaks for them, with what `environment(of:)` says.
    ///
    /// - Parameters:
    ///   - waiting: The names of these components.
    ///   - components: Further components, as JSON objects.
    ///   - accessControl: The configuration's key of this name.
    ///   - configuration: The configuration's key of this name.
    ///   - mqtt: The configuration's key of this name.
    ///   - openFilesMax: How many files it may have open, if less than the tests may.
    func startDaemon(
        waiting: [String],
        components: [String] = [],
        accessControl: String = "{}",
        configuration: String = "{}",
        mqtt: String = #"{"endpoint": "none"}"#,
        openFilesMax: Int? = nil
    ) async throws -> Program {
        for name in waiting {
            let path = environmentPath(of: name)
            guard FileManager.default.fileExists(atPath: path) || mkfifo(path, 0o600) == 0 else {
                throw ProgramError(description: "\(path): \(String(cString: strerror(errno)))")
            }
        }
        try writeConfiguration(
            components: components
                + waiting.map {
                    #"{"name": "\#($0)", "run": "env > \#(environmentPath(of: $0)); exec sleep 86400"}"#
                },
            keys: ["accessControl": accessControl, "configuration": configuration, "mqtt": mqtt]
        )
        return try await run(openFilesMax: openFilesMax)
    }

    /// What `waiting` components write their environment to, at each of their starts, once somebody reads.
    func environmentPath(of name: String) -> String { "\(folder)/\(name).environment" }

    /// What a component that only waits finds in its environment; once for each of its starts.
    func environment(of name: String) async throws -> [String: String] {
        let reader = try Program("/bin/cat", [environmentPath(of: name)])
        _ = try await reader.end()
        let pairs = reader.lines.compactMap { line in
            line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The token of a component that only waits; once for each of its starts.
    func componentToken(of name: String) async throws -> String {
        guard let token = try await environment(of: name)[Self.tokenVariable] else {
            throw ProgramError(description: "\(name) has no \(Self.tokenVariable)")
        }
        return token
    }

    /// Starts a program of `Tests/Python/device_sdk` as a component.
    ///
    /// - Parameters:
    ///   - name: The file's name.
    ///   - component: Who it is.
    ///   - variables: What else is in its environment.
    ///   - arguments: Its arguments.
    func deviceSDK(
        _ name: String,
        as component: String,
        _ variables: [String: String] = [:],
        arguments: [String] = []
    ) async throws -> Program {
        let environment = try await environment(of: component)
        var all = variables
        for variable in [Self.tokenVariable, Self.socketVariable] {
            all[variable] = environment[variable]
        }
        all["PYTHONPATH"] = Self.pythonPackages
        all["ROOT"] = root
        all["TRELLIS"] = Self.trellis
        let words = all.map { "\($0)=\($1)" } + ["python3", "\(Self.devicePrograms)/\(name)"] + arguments
        return try Program("/usr/bin/env", words)
    }

    /// Where the programs for the Device SDK are.
    static let devicePrograms = "\(package)/Tests/Python/device_sdk"
}

extension Program {
    /// Waits for the end of a program that prints a line for each of its checks, and expects that they all
    /// passed.
    func expectChecks(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let status = try await end()
        for line in lines where line.hasPrefix("FAILED") {
            Issue.record("\(line)", sourceLocation: sourceLocation)
        }
        #expect(status == 0, "\(lines)", sourceLocation: sourceLocation)
        #expect(lines.contains { $0.hasPrefix("ok: ") }, "\(lines)", sourceLocation: sourceLocation)
    }
}
