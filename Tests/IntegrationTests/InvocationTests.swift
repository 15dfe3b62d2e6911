import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct InvocationTests {
    @Test("an error is told as the invoker knows it, and the next invocation is served")
    func errors() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor", parameters: ["timeoutInSeconds": 1])
        let daemon = try await workspace.startDaemon()
        let raised = try await workspace.invoke("actor", ["do": "raise"])
        #expect(raised.status == 1)
        #expect(raised.answer.FunctionError == "Handled")
        #expect(raised.answer.Payload?.errorMessage == "as asked")
        #expect(raised.answer.Payload?.errorType == "ValueError")
        #expect(raised.answer.Payload?.stackTrace?.isEmpty == false)
        for (action, reason) in [("hang", "timed out"), ("exit", "exit status 3"), ("kill", "SIGKILL")] {
            let before = try await workspace.invoke("actor", ["do": "echo", "payload": action]).answer
            let answer = try await workspace.invoke("actor", ["do": action]).answer
            #expect(answer.FunctionError == "Unhandled")
            #expect(answer.Payload?.errorMessage?.contains(reason) == true, "\(answer)")
            let after = try await workspace.invoke("actor", ["do": "echo", "payload": action]).answer
            #expect(after.Payload?.ok == action)
            #expect(after.Payload?.pid != before.Payload?.pid)
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("one function invokes another through the unmodified SDK, and waits for it or not")
    func functionToFunction() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("caller", parameters: ["timeoutInSeconds": 20])
        try workspace.addFunction("callee")
        let daemon = try await workspace.startDaemon()
        let call = { (payload: [String: String], type: String) in
            try await workspace.invoke(
                "caller",
                [
                    "do": "invoke", "function": "\(Workspace.account)callee:1", "payload": payload,
                    "type": type,
                ]
            ).answer.Payload
        }
        let answer = try await call(["do": "echo", "payload": "ping"], "RequestResponse")
        #expect(answer?.ok?.contains(#""ok": "ping""#) == true, "\(String(describing: answer))")
        let failed = try await call(["do": "raise"], "RequestResponse")
        #expect(failed?.error == "Handled")
        let died = try await call(["do": "exit"], "RequestResponse")
        #expect(died?.error == "Unhandled")
        let event = try await call(["do": "echo", "payload": "later"], "Event")
        #expect(event?.ok == "")
        let unknown = try await workspace.invoke(
            "caller",
            ["do": "invoke", "function": "\(Workspace.account)nobody:1", "payload": [:] as [String: String]]
        ).answer
        #expect(unknown.Payload?.errorMessage?.contains("404") == true, "\(unknown)")
        withExtendedLifetime(daemon) {}
    }

    @Test(
        "binary payloads pass both ways unchanged; one that is no JSON never reaches a json function"
    )
    func payloads() async throws {
        let workspace = try Workspace()
        let code = "def handler(event, context):\n    return event[::-1]\n"
        try workspace.addFunction("binary", code: code, parameters: ["inputPayloadEncodingType": "binary"])
        try workspace.addFunction("json")
        let daemon = try await workspace.startDaemon()
        let (status, lines) = try await workspace.trellis(
            "lambda",
            "invoke",
            "-n",
            "binary",
            "-p",
            "no {json"
        )
        #expect(status == 0)
        #expect(lines == ["nosj{ on"])
        let bad = try await workspace.trellis("lambda", "invoke", "-n", "json", "-p", "no {json", "--json")
        #expect(bad.status == 1)
        #expect(bad.lines.joined().contains("Runtime.UnmarshalError"))
        withExtendedLifetime(daemon) {}
    }

    @Test("a function that fails to initialise three times is BROKEN, and says why in its log")
    func broken() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("good")
        let daemon = try await workspace.startDaemon()
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
        try workspace.addFunction("bad", code: "import nothing_of_that_name\n")
        try workspace.write(
            #"{"root": "root", "components": ["bad.json"], "mqtt": {"endpoint": "none"}}"#,
            to: "trellis.json"
        )
        let second = try Program(Workspace.trellis, ["run", "--config", "\(workspace.folder)/trellis.json"])
        try await second.line(with: "BROKEN")
        let (_, lines) = try await workspace.trellis("logs", "get", "-n", "bad")
        #expect(lines.contains { $0.contains("nothing_of_that_name") })
        let status = try await workspace.trellis("status", "--json").lines.joined(separator: "\n")
        #expect(status.contains("BROKEN"))
    }
}
