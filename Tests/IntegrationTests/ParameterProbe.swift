import Foundation
import TestSupport
import Testing

/// What the probe of a parameter does with its function.
struct ParameterProbe: Sendable {
    let workspace: Workspace
    let name: String
    let daemon: Program

    init(_ workspace: Workspace, _ name: String, _ daemon: Program) {
        self.workspace = workspace
        self.name = name
        self.daemon = daemon
    }

    func expect<Value: Equatable>(
        _ value: Value,
        _ expected: Value,
        isEqual: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect((value == expected) == isEqual, "\(name): \(value)", sourceLocation: sourceLocation)
    }

    /// What a Python expression in the function comes to, as text.
    func result(_ expression: String) async throws -> String {
        try await workspace.result(of: "result = \(expression)", in: name)
    }

    /// A variable that tells the function how it is deployed.
    func variable(_ name: String) async throws -> String {
        try await result("os.environ['AWS_GREENGRASS_LAMBDA_\(name)']")
    }

    var instances: Int {
        get async throws {
            try await workspace.status().components.first { $0.name == name }?.instances ?? -1
        }
    }

    var details: [String] {
        get async throws { try await workspace.trellis("component", "details", "-n", name).lines }
    }

    /// A number of the effective configuration.
    func configuration(_ key: String) async throws -> String? {
        let text = try await details.first { $0.contains("Configuration: ") } ?? ""
        let value = text.split(separator: "\"\(key)\":").dropFirst().first
        return value.map { String($0.prefix(while: \.isNumber)) }
    }

    /// How many processes serve so many invocations that are made at the same time; with `meeting` none of
    /// them is answered before all are being served.
    func processes(of count: Int, meeting: Bool) async throws -> Int {
        let gate = try Gate(in: workspace)
        let mark = UUID().uuidString
        let code = """
            print('\(mark)')
            \(gate.passing)
            result = os.getpid()
            """
        if !meeting {
            gate.open()
        }
        let processes = try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                group.addTask { try await workspace.result(of: code, in: name) }
            }
            if meeting {
                _ = try await workspace.follow(name).lines(count) { $0.contains(mark) }
                gate.open()
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        return processes.count
    }

    func timesOut(after seconds: Int) async throws {
        let answer = try await workspace.run("signal.pause()", in: name)
        #expect(answer.FunctionError == "Unhandled")
        let message = answer.Payload?.errorMessage ?? ""
        #expect(message.contains("Task timed out after \(seconds).00 seconds"), "\(name): \(message)")
        #expect(try await result("1") == "1")
        #expect(try await details.contains { $0.contains("LambdaTimeout 1,") })
    }

    /// While one invocation is served, so many messages may wait and the next one is refused.
    func room() async throws -> Int {
        let hang = try Program(
            Workspace.trellis,
            [
                "lambda", "invoke", "-n", name, "-p", #"{"code": "print('busy'); signal.pause()"}"#, "--root",
                workspace.root,
            ]
        )
        try await workspace.follow(name).line(with: "busy")
        let code = """
            result = 0
            try:
                while result < 2_000:
                    iot.publish(topic='fill/\(name)', payload='{}', queueFullPolicy='AllOrException')
                    result += 1
            except Exception:
                pass
            """
        let count = try await workspace.result(of: code, in: ParameterCase.filler)
        withExtendedLifetime(hang) {}
        return Int(count) ?? -1
    }

    /// The function's result as it is, for a payload as it is.
    func text(of payload: String) async throws -> String {
        try await workspace.trellis("lambda", "invoke", "-n", name, "-p", payload).lines.joined()
    }
}
