import Foundation
import TestSupport
import Testing

/// One value of one parameter, and how a function shows that it is in force.
struct ParameterCase: Sendable {
    /// A function that fills the queues of others.
    static let filler = "filler"

    /// The function's name.
    let name: String
    let code: String
    /// The parameters; without any, the defaults.
    let parameters: [String: any Sendable]
    let configuration: [String: any Sendable]
    /// Whether it is pinned, which is the default; on demand costs nothing until the probe.
    let isPinned: Bool
    let probe: @Sendable (ParameterProbe) async throws -> Void

    init(
        _ name: String,
        _ parameters: [String: any Sendable] = [:],
        code: String = Workspace.python,
        configuration: [String: any Sendable] = [:],
        isPinned: Bool = false,
        probe: @escaping @Sendable (ParameterProbe) async throws -> Void
    ) {
        self.name = name
        self.code = code
        self.parameters = parameters
        self.configuration = configuration
        self.isPinned = isPinned
        self.probe = probe
    }

    static let all = queues + instances + times + inputs + processes

    static let queues = [
        ParameterCase("queue-default", ["maxInstancesCount": 1, "timeoutInSeconds": 50]) { probe in
            probe.expect(try await probe.room(), 1_000)
        },
        ParameterCase("queue-one", ["maxInstancesCount": 1, "timeoutInSeconds": 50, "maxQueueSize": 1]) {
            $0.expect(try await $0.room(), 1)
        },
        ParameterCase("queue-most", ["maxQueueSize": 1_000_000]) { probe in
            probe.expect(try await probe.configuration("maxQueueSize"), "1000000")
        },
    ]

    static let instances = [
        ParameterCase("pinned-default", isPinned: true) { probe in
            let first = try await probe.result("os.getpid()")
            probe.expect(try await probe.result("os.getpid()"), first)
            probe.expect(try await probe.instances, 1)
        },
        ParameterCase("pinned-false") { probe in
            probe.expect(try await probe.instances, 0)
            _ = try await probe.result("1")
            probe.expect(try await probe.instances, 1)
        },
        ParameterCase("instances-default", ["timeoutInSeconds": 50]) { probe in
            probe.expect(try await probe.configuration("maxInstancesCount"), "100")
            probe.expect(try await probe.processes(of: 3, meeting: true), 3)
        },
        ParameterCase("instances-one", ["maxInstancesCount": 1]) { probe in
            probe.expect(try await probe.processes(of: 3, meeting: false), 1)
        },
        ParameterCase("instances-most", ["maxInstancesCount": 1_000]) { probe in
            probe.expect(try await probe.result("1"), "1")
        },
    ]

    static let times = [
        ParameterCase("idle-default") { probe in
            probe.expect(try await probe.configuration("maxIdleTimeInSeconds"), "60")
            let first = try await probe.result("os.getpid()")
            probe.expect(try await probe.result("os.getpid()"), first)
        },
        ParameterCase("idle-zero", ["maxIdleTimeInSeconds": 0]) { probe in
            let first = try await probe.result("os.getpid()")
            probe.expect(try await probe.result("os.getpid()"), first, isEqual: false)
        },
        ParameterCase("idle-second", ["maxIdleTimeInSeconds": 1]) { probe in
            _ = try await probe.result("1")
            try await probe.daemon.line(with: "idle-second: ended: not needed any more")
            probe.expect(try await probe.instances, 0)
        },
        ParameterCase("idle-most", ["maxIdleTimeInSeconds": 2_147_483_647]) { probe in
            probe.expect(try await probe.result("1"), "1")
        },
        ParameterCase("timeout-default") { try await $0.timesOut(after: 3) },
        ParameterCase("timeout-second", ["timeoutInSeconds": 1]) { try await $0.timesOut(after: 1) },
        ParameterCase("timeout-pinned", ["timeoutInSeconds": 1], isPinned: true) {
            try await $0.timesOut(after: 1)
        },
        ParameterCase("timeout-most", ["timeoutInSeconds": 2_147_483_647], code: remaining) { probe in
            probe.expect(try await probe.text(of: "{}"), "true")
        },
        ParameterCase("status-default", isPinned: true) { probe in
            probe.expect(try await probe.variable("STATUS_TIMEOUT_SECONDS"), "60")
        },
        ParameterCase("status-second", ["statusTimeoutInSeconds": 1], code: hanging, isPinned: true) {
            let text = "status time-out: no sign of life for 1 s"
            try await $0.daemon.line(with: "status-second: ended: \(text)")
            let details = try await $0.details
            #expect(details.contains { $0.contains(text) }, "\(details)")
        },
        ParameterCase("status-well", ["statusTimeoutInSeconds": 1, "timeoutInSeconds": 9], isPinned: true) {
            let first = try await $0.result("time.sleep(2.5) or os.getpid()")
            $0.expect(try await $0.result("os.getpid()"), first)
        },
        ParameterCase("status-most", ["statusTimeoutInSeconds": 2_147_483_647], isPinned: true) {
            $0.expect(try await $0.result("1"), "1")
        },
    ]

    static let inputs = [
        ParameterCase("encoding-default", code: repr) { probe in
            probe.expect(try await probe.text(of: #"{"a": 1}"#), #""{'a': 1}""#)
        },
        ParameterCase("encoding-binary", ["inputPayloadEncodingType": "binary"], code: repr) { probe in
            probe.expect(try await probe.text(of: #"{"a": 1}"#), #"b'{"a": 1}'"#)
        },
        ParameterCase("arguments-default") { probe in
            probe.expect(try await probe.result("sys.argv[1:]"), "['--handler=function.handler']")
        },
        ParameterCase("arguments-odd", ["execArgs": ["", "a b", "--x='", "ä"]]) { probe in
            probe.expect(try await probe.result("sys.argv[2:]"), #"['', 'a b', "--x='", 'ä']"#)
        },
        ParameterCase("environment-large", ["environmentVariables": environment]) { probe in
            probe.expect(try await probe.result("len(os.environ['LARGE'])"), "60000")
        },
        ParameterCase("source-local", ["eventSources": [["topic": "local/+/x", "type": "PUB_SUB"]]]) {
            _ = try await $0.workspace.trellis("pubsub", "pub", "-t", "local/1/x", "-m", "7")
            try await $0.workspace.follow($0.name).line(with: "GOT local/1/x 7")
        },
        ParameterCase("source-cloud", ["eventSources": [["topic": "cloud/#", "type": "IOT_CORE"]]]) {
            try await $0.workspace.cloudIsConnected()
            try await $0.workspace.send(["7"], to: "cloud/a/b")
            try await $0.workspace.follow($0.name).line(with: "GOT cloud/a/b 7")
        },
    ]

    static let processes = [
        ParameterCase("isolation-none") { probe in
            probe.expect(try await probe.variable("CONTAINER_MODE"), "NoContainer")
        },
        ParameterCase("fast-default") { probe in
            probe.expect(try await probe.result("1"), "1")
            probe.expect(try await probe.details.contains("    Fast start: yes"), true)
        },
        ParameterCase("fast-off", configuration: ["fastStart": false]) { probe in
            probe.expect(try await probe.result("1"), "1")
            probe.expect(try await probe.details.contains("    Fast start: no"), true)
        },
        ParameterCase("user-own", configuration: ["runWith": ["posixUser": "\(getuid())"]]) { probe in
            probe.expect(try await probe.result("os.getuid()"), "\(getuid())")
        },
    ]

    /// Reports in, and never asks for work.
    private static let hanging = """
        import signal
        from greengrass_ipc_python_sdk.ipc_client import IPCClient

        report = IPCClient.put_initialization_result

        def report_and_hang(self, arn, error=None, **_):
            report(self, arn, error)
            signal.pause()

        IPCClient.put_initialization_result = report_and_hang

        def handler(event, context):
            pass
        """

    private static let remaining = """
        def handler(event, context):
            return context.get_remaining_time_in_millis() > 2e12
        """

    /// Shows what it got.
    private static let repr = """
        def handler(event, context):
            return repr(event)
        """

    private static let environment = [
        "LARGE": String(repeating: "x", count: 60_000), "PYTHONPATH": Workspace.pythonPackages,
    ]
}
