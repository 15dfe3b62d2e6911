import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct GenericComponentTests {
    private let name = "com.example.Program"

    @Test("a component finds the core, its token and its folder, and its output is in its log")
    func environment() async throws {
        let workspace = try Workspace()
        try workspace.writeComponents(
            [name: ["environment": ["OWN": "value", "AWS_REGION": "elsewhere"], "version": "2.1.0"]],
            code: """
                names = ['OWN', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_IOT_THING_NAME', 'PWD']
                print('SEES', [os.environ[name] for name in names], os.getcwd())
                print('CONNECTS', connect(), connect(os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']))
                print('STRANGER', connect('no token'), 'GGC_VERSION' in os.environ)
                print('to stderr', file=sys.stderr)
                signal.pause()
                """
        )
        let daemon = try await workspace.startComponents()
        let log = try workspace.follow(name)
        let folder = workspace.folder
        try await log.line(
            with: "SEES ['value', 'us-east-1', 'us-east-1', 'trellis', '\(folder)'] \(folder). {"
        )
        try await log.line(with: "CONNECTS True True")
        try await log.line(with: "STRANGER False True")
        #expect(try await log.line(with: "to stderr").contains("[ERROR] (instance-1) \(name): to stderr"))
        let list = try await workspace.trellis("component", "list").lines
        #expect(list.contains("Component Name: \(name)") && list.contains("    Version: 2.1.0"))
        let details = try await workspace.trellis("component", "details", "-n", name).lines
        #expect(details.contains("    Command: python3 -u component.py"), "\(details)")
        #expect(details.contains { $0.hasPrefix("    Instances: 1 running (pid ") }, "\(details)")
        #expect(try await workspace.state(name) == "RUNNING")
        let unknown = try await workspace.trellis("component", "stop", "-n", "\(name),nobody")
        #expect(unknown.status == 1)
        #expect(unknown.lines.last?.contains("nobody; deployed: \(name)") == true, "\(unknown)")
        #expect(try await workspace.state(name) == "RUNNING")
        withExtendedLifetime(daemon) {}
    }

    @Test("one that crashes is started again with another token, and the one before is nobody's")
    func crash() async throws {
        let workspace = try Workspace()
        try workspace.writeComponents(
            [name: [:]],
            code: """
                if not os.path.exists('token'):
                    open('token', 'w').write(os.environ['SVCUID'])
                    sys.exit('as asked')
                print('AGAIN', connect(), connect(open('token').read()))
                signal.pause()
                """
        )
        let daemon = try await workspace.startComponents()
        try await workspace.follow(name).line(with: "AGAIN True False")
        let details = try await workspace.trellis("component", "details", "-n", name).lines
        #expect(details.contains { $0.contains("Last end: instance 1: exit status 1, ") }, "\(details)")
        #expect(details.contains("        as asked"), "\(details)")
        #expect(daemon.lines.contains { $0.contains("\(name) said last:") }, "\(daemon.lines)")
    }

    @Test("one that has finished or is BROKEN runs again after a restart, with what its file says then")
    func restart() async throws {
        let workspace = try Workspace()
        try workspace.writeComponents(["a.finished": ["run": "echo first"], "b.broken": ["run": "exit 7"]])
        let daemon = try await workspace.startComponents()
        try await daemon.line(with: "b.broken: ended: exit status 7; the 3. time within an hour")
        #expect(try await workspace.state("b.broken") == "BROKEN")
        try await daemon.line(with: "a.finished: ended: exit status 0")
        #expect(try await workspace.state("a.finished") == "FINISHED")
        try workspace.writeComponents([
            "a.finished": ["run": "echo second", "configuration": ["level": 2]],
            "b.broken": ["run": "echo well; exec sleep 600"],
        ])
        #expect(try await workspace.trellis("component", "restart", "-n", "a.finished,b.broken").status == 0)
        try await workspace.follow("a.finished").line(with: "second")
        let list = try await workspace.trellis("component", "list").lines
        #expect(list.contains(#"    Configuration: {"level":2}"#), "\(list)")
        try await workspace.follow("b.broken").line(with: "well")
        #expect(try await workspace.state("b.broken") == "RUNNING")
        try workspace.writeComponents(["a.finished": ["run": "echo third"]])
        let refused = try await workspace.trellis("component", "restart", "-n", "b.broken")
        #expect(refused.status == 1)
        #expect(refused.lines.joined().contains("b.broken is not among the components any more"))
        #expect(try await workspace.state("b.broken") == "RUNNING")
    }

    @Test("one that ignores SIGTERM is killed after its time, with all that it started")
    func stubborn() async throws {
        let workspace = try Workspace()
        try workspace.writeComponents(
            [name: ["shutdownTimeoutInSeconds": 1]],
            code: """
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                child = subprocess.Popen(['sleep', '600'], start_new_session=True)
                print('PIDS', os.getpid(), child.pid)
                signal.pause()
                """
        )
        let daemon = try await workspace.startComponents()
        let line = try await workspace.follow(name).line(with: "PIDS ")
        let words = line.split { " .".contains($0) }
        let start = try #require(words.firstIndex(of: "PIDS"))
        let pids = words[(start + 1)...(start + 2)].compactMap { Int32($0) }
        #expect(pids.count == 2 && pids.allSatisfy(ProcessTree.isRunning))
        #expect(try await workspace.trellis("component", "stop", "-n", name).status == 0)
        #expect(!pids.contains(where: ProcessTree.isRunning))
        #expect(try await workspace.state(name) == "FINISHED")
        #expect(daemon.lines.contains { $0.contains("\(name): ended: stopped; had to be killed") })
    }

    @Test("the daemon's end lets a component finish its work, and the IPC is there meanwhile")
    func end() async throws {
        let workspace = try Workspace()
        try workspace.writeComponents(
            [name: [:]],
            code: """
                def finish(number, frame):
                    print('FINISHED WORK', connect())
                    sys.exit()
                signal.signal(signal.SIGTERM, finish)
                print('READY')
                while True:
                    signal.pause()
                """
        )
        let daemon = try await workspace.startComponents()
        let log = try workspace.follow(name)
        try await log.line(with: "READY")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
        try await log.line(with: "FINISHED WORK True")
        #expect(access("\(workspace.root)/ipc.socket", F_OK) != 0)
    }

    @Test("the core's socket is reached through a link where the root's path is too long for a socket")
    func longRoot() async throws {
        let workspace = try Workspace(name: String(repeating: "long-", count: 14) + UUID().uuidString)
        try workspace.writeComponents(
            [name: [:]],
            code: """
                path = os.environ['AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT']
                print('LINK', os.path.dirname(path), connect())
                signal.pause()
                """
        )
        let daemon = try await workspace.startComponents()
        let line = try await workspace.follow(name).line(with: "LINK ")
        let link = try #require(line.split(separator: " ").first { $0.hasPrefix("/tmp/trellis-") })
        #expect(line.contains("\(link) True"), "\(line)")
        // A daemon that is killed leaves it to the next one, which takes it away.
        try await daemon.kill()
        #expect(access(String(link), F_OK) == 0)
        let next = try await workspace.startComponents()
        next.signal(SIGTERM)
        #expect(try await next.end() == 0)
        var status = stat()
        #expect(lstat(String(link), &status) != 0)
    }

    @Test("as another user it reaches the core too", .enabled(if: geteuid() == 0, "needs root"))
    func user() async throws {
        let workspace = try Workspace()
        try workspace.writeComponents(
            [
                name: [
                    "runWith": ["posixUser": "nobody:nogroup"], "run": ["/usr/bin/python3", "component.py"],
                ]
            ],
            code: "print('I AM', os.getuid(), os.environ['USER'], connect(), flush=True)\nsignal.pause()\n"
        )
        let daemon = try await workspace.startComponents()
        try await workspace.follow(name).line(with: "I AM 65534 nobody True")
        withExtendedLifetime(daemon) {}
    }

    @Test("functions reach the core as components do: forked, and with the environment that a user gets")
    func functions() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("python", code: Workspace.python + "\n\n" + Workspace.connect)
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        #expect(try await workspace.result(of: "result = connect()", in: "python") == "True")
        try workspace.write(Workspace.connect + "print('OWN', connect())\n", to: "own.py")
        let own = try await workspace.trellis(
            "lambda",
            "env",
            "-n",
            "python",
            "--root",
            workspace.root,
            "--",
            "python3",
            "\(workspace.folder)/own.py"
        )
        #expect(own.lines.contains("OWN True"), "\(own)")
        withExtendedLifetime(daemon) {}
    }
}
