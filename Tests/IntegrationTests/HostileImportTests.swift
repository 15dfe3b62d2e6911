import Foundation
import TestSupport
import Testing

/// Functions whose code can't be loaded.
@Suite(.timeLimit(.minutes(1))) struct HostileImportTests {
    /// A function on demand whose module is `code`; `handler` is what the component file names.
    private func add(_ name: String, _ code: String, handler: String, to workspace: Workspace) throws {
        try workspace.addFunction(name, code: code, parameters: ["pinned": false])
        let file = try workspace.text("\(name).json")
        let named = file.replacingOccurrences(of: "function.handler", with: handler)
        try workspace.write(named, to: "\(name).json")
    }

    @Test("a module or handler that is not there, or fails, is told with its reason, and others run")
    func reasons() async throws {
        let workspace = try Workspace()
        let cases = [
            ("handlerless", "x = 1", "function.handler", "module 'function' has no function 'handler'"),
            ("moduleless", "", "nothing.handler", "No module named 'nothing'"),
            ("syntactic", "def handler(:", "function.handler", "SyntaxError: invalid syntax"),
            ("quitting", "import sys; sys.exit('as told')", "function.handler", "SystemExit: as told"),
            ("exiting", "import os; os._exit(5)", "function.handler", "ended: exit status 5"),
            (
                "steering", #"raise Exception('\x1b]0;title\x07')"#, "function.handler",
                #"\u{1b}]0;title\u{7}"#
            ),
        ]
        for (name, code, handler, _) in cases {
            try add(name, code + "\n", handler: handler, to: workspace)
        }
        let endless = "import signal\nwhile True:\n    signal.pause()\n"
        try add("endless", endless, handler: "function.handler", to: workspace)
        try workspace.addFunction("witness", code: Workspace.python)
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let waiting = try Program(
            Workspace.trellis,
            ["lambda", "invoke", "-n", "endless", "--root", workspace.root]
        )
        let invocations = try cases.map { name, _, _, _ in
            try Program(Workspace.trellis, ["lambda", "invoke", "-n", name, "--root", workspace.root])
        }
        for (invocation, (name, _, _, reason)) in zip(invocations, cases) {
            #expect(try await invocation.end() == 1, "\(name)")
            #expect(invocation.lines.joined().contains("the function is BROKEN"), "\(invocation.lines)")
            #expect(daemon.lines.contains { $0.contains(reason) }, "\(name)")
            #expect(try await workspace.state(name) == "BROKEN")
        }
        #expect(try await workspace.result(of: "result = 'served'", in: "witness") == "served")
        #expect(waiting.lines.isEmpty)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
        #expect(try await waiting.end() == 1)
    }
}
