import Foundation
import TestSupport
import Testing

/// Functions in real containers.
@Suite(
    .enabled("this machine makes no containers: install crun, allow namespaces") {
        await BoxedFunction.trial.value
    },
    .timeLimit(.minutes(2))
)
struct ContainerFunctionTests {
    private func containers(of workspace: Workspace) -> Set<String> {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "\(workspace.root)/containers")
        return Set(names ?? []).subtracting(["state"])
    }

    /// Ends a daemon: one that is killed needs its folder a moment longer, to take its containers away.
    private func end(_ daemon: Program) async throws {
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }

    @Test("its paths are the container's, its walls hold, and it publishes and is invoked as ever")
    func function() async throws {
        let workspace = try BoxedFunction.workspace([:])
        try workspace.writeSubscriptions([("boxed", "out/#", "cloud")])
        let daemon = try await workspace.startDaemon()
        let cloud = try await workspace.listen("out/#")
        let paths = """
            names = ['PWD', 'AWS_GREENGRASS_LAMBDA_ARTIFACT_PATH', 'AWS_GREENGRASS_LAMBDA_CONTAINER_MODE',
                     'AWS_GREENGRASS_LAMBDA_RUNTIME_PATH', 'HOME', 'PYTHONPATH']
            result = [os.getcwd(), __file__] + [os.environ[name] for name in names]
            """
        #expect(
            try await workspace.result(of: paths, in: "boxed")
                == "['/lambda', '/lambda/function.py', '/lambda', '/lambda', 'GreengrassContainer', "
                + "'/trellis/runtime', '/tmp', '/trellis/python']"
        )
        let walls = """
            def can(action, *arguments):
                try:
                    action(*arguments)
                    return True
                except OSError:
                    return False
            status = dict(line.split(':\\t') for line in open('/proc/self/status') if ':\\t' in line)
            result = [
                [can(open, path + '/new', 'w')
                 for path in ('/lambda', '/usr', '/etc', '/trellis', '/', '/tmp')],
                [name for name in os.listdir('/proc') if name.isdigit()],
                [status[name].strip() for name in ('CapEff', 'NoNewPrivs', 'Seccomp')],
                os.path.exists('/sys'), os.path.exists('/home'), os.path.exists('/var'),
                can(os.mknod, '/tmp/disk', 0o600 | 0o060000, os.makedev(8, 0)),
            ]
            """
        #expect(
            try await workspace.result(of: walls, in: "boxed")
                == "[[False, False, False, False, False, True], ['1'], ['0000000000000000', '1', '2'], "
                + "False, False, False, False]"
        )
        let publish = "result = iot.publish(topic='out/1', payload='{\"from\": \"inside\"}')"
        _ = try await workspace.result(of: publish, in: "boxed")
        try await cloud.line(with: #"got out/1 {"from": "inside"}"#)
        let details = try await workspace.trellis("component", "details", "-n", "boxed", "--json").lines
        #expect(details.joined().contains("container by crun"), "\(details)")
        try await end(daemon)
        #expect(access("\(workspace.root)/containers", F_OK) != 0)
    }

    @Test("who wants too much memory is killed, named out of memory, and the next message is served")
    func outOfMemory() async throws {
        let workspace = try BoxedFunction.workspace(["memorySizeInKB": 16_384], ["pinned": false])
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        for _ in 0..<3 {
            // What the default leaves a function is its own.
            let modest = "result = len(bytearray(8 << 20))"
            #expect(try await workspace.result(of: modest, in: "boxed") == "8388608")
            let answer = try await workspace.run("result = len(bytearray(256 << 20))", in: "boxed")
            #expect(answer.FunctionError == "Unhandled")
            #expect(answer.Payload?.errorMessage?.contains("out of memory") == true, "\(answer)")
        }
        try await end(daemon)
    }

    @Test("volumes, /sys and the groups of volumes are there as the file says")
    func volumes() async throws {
        let workspace = try Workspace()
        let data = "\(workspace.folder)/data"
        try workspace.write("from the host", to: "data/file")
        chmod(data, 0o777)
        let volumes: [[String: any Sendable]] = [
            ["sourcePath": data, "destinationPath": "/data", "permission": "rw"],
            ["sourcePath": data, "destinationPath": "/seen"],
            ["sourcePath": "\(data)/file", "destinationPath": "/file"],
        ]
        let boxed = try BoxedFunction.workspace(["volumes": volumes, "mountROSysfs": true])
        let daemon = try await boxed.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let code = """
            open('/data/new', 'w').write('from inside')
            def is_writable(path):
                try:
                    return bool(open(path, 'w'))
                except OSError:
                    return False
            result = [open('/seen/file').read(), is_writable('/seen/newer'), is_writable('/file'),
                      open('/file').read(), os.path.isdir('/sys/class')]
            """
        #expect(
            try await boxed.result(of: code, in: "boxed")
                == "['from the host', False, False, 'from the host', True]"
        )
        #expect(try workspace.text("data/new") == "from inside")
        try await end(daemon)
    }

    @Test("a spare takes the next invocation, once, and goes when its function has nothing to do")
    func spares() async throws {
        let workspace = try BoxedFunction.workspace(
            [:],
            ["pinned": false, "maxIdleTimeInSeconds": 0],
            code: Workspace.python + "\n\n" + Workspace.connect
        )
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        var workers: Set<String> = []
        for _ in 0..<3 {
            let mark = """
                seen = os.path.exists('/tmp/trace')
                open('/tmp/trace', 'w').close()
                number = os.environ['AWS_GREENGRASS_LAMBDA_WORKER_ID']
                result = [seen, number, connect(), sys.argv[0], os.read(0, 1)]
                """
            let text = try await workspace.result(of: mark, in: "boxed")
            #expect(text.hasPrefix("[False, '"))
            // The Greengrass IPC takes the token that came last, too.
            #expect(text.hasSuffix("', True, '/trellis/runtime/python/lambda_runtime.py', b'']"), "\(text)")
            workers.insert(text)
            _ = try await spare(in: workspace)
        }
        #expect(workers.count == 3)
        let spare = try await spare(in: workspace)
        _ = try await workspace.result(of: "result = 1", in: "boxed")
        #expect(ProcessTree.remaining(of: [spare], afterSeconds: 10) == [])
        _ = try await workspace.trellis("component", "stop", "-n", "boxed")
        while !containers(of: workspace).isEmpty {
            _ = try await workspace.status()
        }
        try await end(daemon)
    }

    /// Waits until no instance is there and one container is: the spare's process.
    private func spare(in workspace: Workspace) async throws -> Int32 {
        while true {
            let instanceCount = try await workspace.status().components[0].instances
            let left = containers(of: workspace)
            if instanceCount == 0, let pid = pid(of: left, in: workspace), ProcessTree.isRunning(pid) {
                return pid
            }
        }
    }

    /// The process of the only container.
    private func pid(of containers: Set<String>, in workspace: Workspace) -> Int32? {
        guard containers.count == 1, let name = containers.first,
            let text = try? String(
                contentsOfFile: "\(workspace.root)/containers/\(name)/pid",
                encoding: .utf8
            )
        else { return nil }
        return Int32(text)
    }

    @Test("kill -9 of the daemon ends the containers, and the next start removes what they left")
    func daemonKilled() async throws {
        let workspace = try BoxedFunction.workspace([:])
        let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        let family = ProcessTree.descendants(of: daemon.pid)
        let before = containers(of: workspace)
        #expect(before.count == 1)
        daemon.signal(SIGKILL)
        _ = try await daemon.end()
        #expect(ProcessTree.remaining(of: family, afterSeconds: 5) == [])
        let second = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
        #expect(try await workspace.result(of: "result = 1", in: "boxed") == "1")
        #expect(containers(of: workspace).count == 1)
        try await end(second)
        #expect(access("\(workspace.root)/containers", F_OK) != 0)
    }

    @Test("\"isolation\": \"off\" runs it without, and says so for each function")
    func off() async throws {
        let workspace = try BoxedFunction.workspace([:])
        try workspace.write(
            """
            {"root": "root", "components": ["boxed.json"], "isolation": "off", "mqtt": {"endpoint": "none"}}
            """,
            to: "trellis.json"
        )
        let daemon = try await workspace.run()
        try await daemon.line(with: "boxed: runs without container")
        let mode = "result = os.environ['AWS_GREENGRASS_LAMBDA_CONTAINER_MODE']"
        #expect(try await workspace.result(of: mode, in: "boxed") == "NoContainer")
        try await end(daemon)
    }
}

/// A function that asks for a container.
enum BoxedFunction {
    /// Whether a daemon makes containers here; if not, a line that begins with SKIPPED says why.
    static let trial = Task {
        do {
            let workspace = try workspace([:])
            let daemon = try await workspace.startDaemon(mqtt: #"{"endpoint": "none"}"#)
            daemon.signal(SIGTERM)
            _ = try await daemon.end()
            if daemon.lines.contains(where: { $0.hasPrefix("containers ") }) { return true }
            print("SKIPPED: the tests of functions in containers: \(daemon.lines)")
        } catch {
            print("SKIPPED: the tests of functions in containers: \(error)")
        }
        return false
    }

    /// A workspace with a function `boxed` that runs Python, and the SDK where containers find it.
    static func workspace(
        _ container: [String: any Sendable],
        _ parameters: [String: any Sendable] = [:],
        code: String = Workspace.python
    ) throws -> Workspace {
        let workspace = try Workspace()
        // The user of a function in a container is nobody.
        chmod(workspace.folder, 0o755)
        try workspace.shareSDK()
        let process: [String: any Sendable] = [
            "isolationMode": "GreengrassContainer", "containerParams": container,
        ]
        try workspace.addFunction(
            "boxed",
            code: code,
            parameters: ["linuxProcessParams": process, "environmentVariables": [:] as [String: String]]
                .merging(parameters) { $1 }
        )
        return workspace
    }
}

extension Workspace {
    /// Puts the SDK where every function finds it.
    func shareSDK() throws {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(root)/python",
            withDestinationPath: Self.pythonPackages
        )
    }
}
