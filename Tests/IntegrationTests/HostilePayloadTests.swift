import Foundation
import TestSupport
import Testing

/// Payloads and results of every size and kind.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostilePayloadTests {
    private static let bytesMax = 6 * 1024 * 1024

    /// Two functions: `python` invokes `callee`, which answers with the text of its event's length or fails.
    private func start(_ workspace: Workspace) async throws -> Program {
        let callee = """
            def handler(event, context):
                return len(event) if 'count' not in event else 'x' * event['count']
            """
        try workspace.addFunction("callee", code: callee)
        let binary = "def handler(event, context):\n    return len(event)\n"
        try workspace.addFunction("binary", code: binary, parameters: ["inputPayloadEncodingType": "binary"])
        try workspace.addFunction("python", code: Self.caller + Workspace.python)
        try workspace.writeSubscriptions([("python", "to/callee", "callee"), ("python", "up", "cloud")])
        return try await workspace.startDaemon()
    }

    private static let caller = """
        def call(payload, name='callee', kind='RequestResponse'):
            arn = '\(Workspace.account)' + name + ':1'
            try:
                answer = lambda_client.invoke(FunctionName=arn, Payload=payload, InvocationType=kind)
            except Exception as error:
                return str(error)
            payload = answer['Payload']
            text = (payload.read() if hasattr(payload, 'read') else payload)
            return answer['FunctionError'] + ':' + (text.decode() if isinstance(text, bytes) else text)

        def sized(count):
            return json.dumps('x' * (count - 2))

        """

    @Test("each payload and result is passed on or answered with an error that says why")
    func requests() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace)
        let max = Self.bytesMax
        let cases = [
            ("call('')", ":0"),
            ("call('{')", "Handled:{\"errorMessage\": \"Unable to unmarshal input: "),
            ("call(b'\\xff')", "Runtime.UnmarshalError"),
            ("call('[' * 100_000)", "Runtime.UnmarshalError"),
            ("call(sized(\(max)))", ":\(max - 2)"),
            ("call(sized(\(max + 1)))", "413: Payload Too Large"),
            ("len(call(json.dumps({'count': \(max - 2)})))", "\(max + 1)"),
            ("call(json.dumps({'count': \(max - 1)}))", "Function.ResponseSizeTooLarge"),
            ("call(json.dumps({'count': 30_000_000}))", "The result of 30000002 bytes is larger than"),
            ("call('{', kind='Event')", ":"),
            ("call('{', kind='Odd')", "HTTP Error 400"),
            ("call('', 'binary')", "a binary function returns bytes, text or None, not int"),
        ]
        for (code, expected) in cases {
            let text = try await workspace.result(of: "result = \(code)")
            #expect(text.contains(expected), "\(code): \(text.prefix(300))")
        }
        try await daemon.line(with: "gave up on")
        let letter = try await workspace.trellis("deadletter", "list")
        #expect(letter.lines.count == 1, "\(letter)")
        let reason = "the payload is no JSON, and inputPayloadEncodingType is json"
        #expect(letter.lines.first?.contains(reason) == true, "\(letter)")
    }

    @Test("messages without payload, that are no JSON, and that are too large for the cloud")
    func messages() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace)
        let publish = "iot.publish(topic='to/callee', payload='%s')"
        for payload in ["", "{", "no"] {
            let code = publish.replacingOccurrences(of: "%s", with: payload)
            #expect(try await workspace.result(of: "result = \(code)") == "None")
        }
        _ = try await daemon.lines(2) { $0.contains("the payload is no JSON") && $0.contains("gave up on") }
        let large = try await workspace.run("iot.publish(topic='up', payload='x' * 131_073)")
        #expect(large.Payload?.errorMessage?.contains("HTTP Error 400") == true, "\(large)")
        try await daemon.line(with: "the payload has 131073 bytes; maxMessageSizeInBytes is 131072")
        let letters = try await workspace.trellis("deadletter", "list").lines
        #expect(letters.count == 2, "\(letters)")
    }

    @Test("a result that is no JSON is the function's error, and the next one is served")
    func results() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace)
        for (value, reason) in [
            ("float('nan')", "Out of range float"), ("[float('inf')]", "Out of range float"),
            ("b'bytes'", "type bytes is not JSON"), ("object()", "type object is not JSON"),
            ("{b'a': 1}", "keys must be"), ("[lambda: 0]", "type function is not JSON"),
        ] {
            let answer = try await workspace.run("answer = \(value)")
            #expect(answer.FunctionError == "Handled")
            #expect(answer.Payload?.errorType == "Runtime.MarshalError")
            #expect(answer.Payload?.errorMessage?.contains(reason) == true, "\(answer)")
        }
        let deep = "answer = []\nfor _ in range(100_000):\n    answer = [answer]"
        #expect(try await workspace.run(deep).Payload?.errorType == "Runtime.MarshalError")
        let circle = "answer = []\nanswer.append(answer)"
        #expect(try await workspace.run(circle).Payload?.errorMessage?.contains("Circular") == true)
        #expect(try await workspace.result(of: "result = 'served'") == "served")
        withExtendedLifetime(daemon) {}
    }

    @Test("the command line takes 6 MiB and says so when it is more")
    func commandLine() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace)
        try workspace.write("\"" + String(repeating: "x", count: Self.bytesMax - 2) + "\"", to: "largest")
        try workspace.write(String(repeating: "x", count: Self.bytesMax + 1), to: "larger")
        let largest = "\(workspace.folder)/largest"
        let larger = "\(workspace.folder)/larger"
        let invoked = try await workspace.trellis("lambda", "invoke", "-n", "callee", "-p", largest)
        #expect(invoked.lines == ["\(Self.bytesMax - 2)"])
        #expect(try await workspace.trellis("pubsub", "pub", "-t", "a", "-m", largest).status == 0)
        for command in [
            ["lambda", "invoke", "-n", "callee", "-p"], ["pubsub", "pub", "-t", "a", "-m"],
            ["iotcore", "pub", "-t", "a", "-m"],
        ] {
            let program = try Program(
                Workspace.trellis,
                command + [larger, "--root", workspace.root]
            )
            #expect(try await program.end() == 1)
            #expect(program.lines.last?.contains("at most 6291456 are taken") == true, "\(program.lines)")
        }
        let cloud = try await workspace.trellis("iotcore", "pub", "-t", "a", "-m", largest)
        #expect(cloud.status == 1)
        #expect(cloud.lines.last?.contains("maxMessageSizeInBytes is 131072") == true, "\(cloud)")
        withExtendedLifetime(daemon) {}
    }
}
