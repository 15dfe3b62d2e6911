import Foundation
import TestSupport
import Testing

/// Functions that do to themselves and to the daemon what they can.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileFunctionTests {
    /// On demand and alone, so that the next instance comes at once after a death.
    private static let alone: [String: any Sendable] = [
        "pinned": false, "maxInstancesCount": 1, "timeoutInSeconds": 2,
    ]

    /// A daemon with the hostile function `python`, and `witness`, which is to go on undisturbed.
    private func start(_ workspace: Workspace, _ parameters: [String: any Sendable]) async throws -> Program {
        try workspace.addFunction("python", code: Workspace.python, parameters: parameters)
        try workspace.addFunction("witness", code: Workspace.python)
        return try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
    }

    @Test("an instance that ends itself, or is ended, is the invoker's error, and the next one serves")
    func deaths() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace, Self.alone)
        for (code, reason) in [
            ("raise SystemExit(7)", "exit status 7"), ("sys.exit('bye')", "exit status 1"),
            ("os._exit(0)", "exit status 0"), ("os.abort()", "SIGABRT"), ("ctypes.string_at(0)", "SIGSEGV"),
            ("os.kill(os.getppid(), signal.SIGKILL)\nsignal.pause()", "SIGKILL"),
            ("os.kill(0, signal.SIGKILL)", "SIGKILL"), ("os.kill(os.getpid(), signal.SIGSTOP)", "timed out"),
            ("os.fork()\nos._exit(4)", "exit status 4"),
        ] {
            let answer = try await workspace.run(code)
            #expect(answer.FunctionError == "Unhandled", "\(code)")
            #expect(answer.Payload?.errorMessage?.contains(reason) == true, "\(code): \(answer)")
            #expect(try await workspace.result(of: "result = 'served'") == "served")
        }
        #expect(try await workspace.result(of: "result = 'served'", in: "witness") == "served")
        withExtendedLifetime(daemon) {}
    }

    @Test("children that are to outlive their instance end with it, and a fork of the runtime answers once")
    func forks() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace, Self.alone)
        let both = "child = os.fork()\nresult = 'parent' if child else 'child'"
        for _ in 0..<3 {
            #expect(try await workspace.result(of: both) == "parent")
        }
        let outlive = """
            for number in range(20):
                if os.fork() == 0:
                    os.setsid()
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    os.execvp('sleep', ['sleep', '600'])
            os._exit(4)
            """
        #expect(try await workspace.run(outlive).Payload?.errorMessage?.contains("exit status 4") == true)
        try await daemon.line(with: "python: ended: exit status 4")
        let sleeping = ProcessTree.pids(running: "sleep\0600")
        #expect(ProcessTree.descendants(of: daemon.pid).allSatisfy { !sleeping.contains($0) })
    }

    @Test("a function may close every descriptor, lose its folder, and take much memory and many files")
    func resources() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace, ["timeoutInSeconds": 30])
        let pid = try await workspace.run("result = 0").Payload?.pid
        let before = ProcessTree.memory(of: daemon.pid).anonymousKiB
        for code in [
            "os.closerange(0, 256)",
            "import tempfile\nfolder = tempfile.mkdtemp()\nos.chdir(folder)\nos.rmdir(folder)",
            "memory = bytearray(200_000_000)",
            """
            import builtins
            builtins.files = []
            try:
                while len(builtins.files) < 5_000:
                    builtins.files.append(open('/dev/null'))
            except OSError:
                pass
            """,
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        ] {
            _ = try await workspace.result(of: code)
            let answer = try await workspace.run("result = 'served'")
            #expect(answer.Payload?.ok == "served", "\(code): \(answer)")
            #expect(answer.Payload?.pid == pid, "\(code)")
        }
        #expect(ProcessTree.memory(of: daemon.pid).anonymousKiB - before < 20_000)
        // It ignores SIGTERM by now: a kill follows.
        #expect(try await workspace.trellis("component", "stop", "-n", "python").status == 0)
        try await daemon.line(with: "python: ended: stopped; had to be killed")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }

    @Test("a function that prints without end fills its log to the bound, and holds up nobody")
    func endlessOutput() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace, [:])
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        let print = """
            def shout():
                while True:
                    os.write(1, (b'x' * 999 + b'\\n') * 60)
            threading.Thread(target=shout, daemon=True).start()
            """
        _ = try await workspace.result(of: print)
        repeat {
            #expect(try await workspace.result(of: "result = 'served'", in: "witness") == "served")
        } while try logs(of: "python", in: workspace).count < 10
        for _ in 0..<5 {
            let sizes = try logs(of: "python", in: workspace)
            #expect(sizes.reduce(0, +) <= 10_240 * 1_024)
            #expect(sizes.allSatisfy { $0 <= 1_024 * 1_024 })
            #expect(try await workspace.result(of: "result = 'served'", in: "witness") == "served")
        }
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 40_000)
        #expect(try await workspace.trellis("component", "restart", "-n", "python").status == 0)
        #expect(try await workspace.result(of: "result = 'served'") == "served")
    }

    /// The sizes of the log files of a component.
    private func logs(of name: String, in workspace: Workspace) throws -> [Int] {
        let folder = "\(workspace.root)/logs"
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasPrefix("\(name).") || $0.hasPrefix("\(name)_") }
            .compactMap {
                try? FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.size] as? Int
            }
    }

    @Test("a line without end is cut, and bytes that are no text are one record each")
    func oddOutput() async throws {
        let workspace = try Workspace()
        let daemon = try await start(workspace, ["timeoutInSeconds": 30])
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        _ = try await workspace.result(of: "os.write(1, b'y' * 10_000_000)")
        let odd = #"b'\nnul\0 escape\x1b]0;title\x07 return\r bad\xff line\xe2\x80\xa8end\n'"#
        _ = try await workspace.result(of: "os.write(1, \(odd))")
        // An end is told after the last line.
        #expect(try await workspace.trellis("component", "restart", "-n", "python").status == 0)
        try await daemon.line(with: "python: ended")
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 40_000)

        let logs = "\(workspace.root)/logs/python*.log"
        let widths = try Program("/bin/sh", ["-c", "LC_ALL=C wc -L \(logs)"])
        #expect(try await widths.end() == 0)
        let longest = widths.lines.compactMap { Int($0.split(separator: " ")[0]) }.max() ?? 0
        #expect((65_536...66_000).contains(longest), "\(widths.lines)")
        let records = try Program("/bin/sh", ["-c", "grep -ah 'python: nul' \(logs)"])
        #expect(try await records.end() == 0)
        #expect(records.lines.count == 1, "\(records.lines)")
        let line = try #require(records.lines.first)
        #expect(line.hasSuffix("{serviceInstance=0, serviceName=python, currentState=RUNNING}"), "\(line)")
        #expect(line.contains("bad\u{FFFD} line\u{2028}end"), "\(line)")
        #expect(try await workspace.result(of: "result = 'served'", in: "witness") == "served")
    }
}
