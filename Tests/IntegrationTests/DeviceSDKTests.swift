import Foundation
import Glibc
import TestSupport
import Testing

/// The Device SDK v2 as it comes from PyPI, with both its clients, through every operation.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DeviceSDKTests {
    /// What `alpha` and `beta` may do.
    private static let accessControl = """
        {
          "alpha": {
            "aws.greengrass.ipc.pubsub": {
              "alpha:pubsub:1": {
                "policyDescription": "data", "operations": ["*"],
                "resources": ["data/*", "tree", "tree/*", "$tree/*", "+/a", "#", "worker/*"]
              },
              "alpha:pubsub:2": {
                "operations": ["aws.greengrass#SubscribeToTopic"], "resources": ["policy/#"]
              }
            },
            "aws.greengrass.ipc.mqttproxy": {
              "alpha:mqttproxy:1": {
                "operations": ["aws.greengrass#PublishToIoTCore", "aws.greengrass#SubscribeToIoTCore"],
                "resources": ["cloud/#", "level/+/end", "star/*", "$aws/rules/rule/*"]
              }
            },
            "aws.greengrass.Cli": {"alpha:cli:1": {"operations": ["*"], "resources": ["*"]}},
            "aws.greengrass.ipc.lifecycle": {
              "alpha:lifecycle:1": {
                "operations": ["aws.greengrass#PauseComponent", "aws.greengrass#ResumeComponent"],
                "resources": ["worker", "nobody"]
              }
            },
            "aws.greengrass.ipc.componentmetric": {
              "alpha:metric:1": {"operations": ["aws.greengrass#PutComponentMetric"], "resources": ["*"]}
            }
          },
          "beta": {
            "aws.greengrass.ipc.pubsub": {"beta:pubsub:1": {"operations": ["*"], "resources": ["*"]}}
          },
          "worker": {
            "aws.greengrass.ipc.pubsub": {"worker:pubsub:1": {"operations": ["*"], "resources": ["worker/*"]}}
          }
        }
        """

    @Test("local topics")
    func localTopics() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon(
            waiting: ["alpha", "beta", "stranger"],
            accessControl: Self.accessControl
        )
        let program = try await workspace.deviceSDK(
            "pubsub.py",
            as: "alpha",
            [
                "BETA_TOKEN": try await workspace.componentToken(of: "beta"),
                "STRANGER_TOKEN": try await workspace.componentToken(of: "stranger"),
            ]
        )
        try await program.expectChecks()
        #expect(!daemon.lines.contains { $0.contains("[ERROR]") }, "\(daemon.lines)")
    }

    @Test("topics of the cloud")
    func cloudTopics() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon(
            waiting: ["alpha"],
            accessControl: Self.accessControl,
            mqtt: "{}"
        )
        let port = try await workspace.cloudPort()
        let program = try await workspace.deviceSDK("iot_core.py", as: "alpha", ["MQTT_PORT": port])
        try await program.expectChecks()
        withExtendedLifetime(daemon) {}
    }

    @Test("configurations, which outlive the daemon")
    func configurations() async throws {
        let workspace = try Workspace()
        func start() async throws -> Program {
            try await workspace.startDaemon(
                waiting: ["alpha", "beta"],
                accessControl: Self.accessControl,
                configuration: """
                    {
                      "alpha": {
                        "text": "grüße", "number": 1, "large": 12345678901234567890, "fraction": 1.0,
                        "no": null, "list": [1, {"a": 2}],
                        "tree": {"branch": {"leaf": "green", "other": true}, "leaf": 7}
                      }
                    }
                    """
            )
        }
        let daemon = try await start()
        let token = try await workspace.componentToken(of: "beta")
        let program = try await workspace.deviceSDK("configuration.py", as: "alpha", ["BETA_TOKEN": token])
        try await program.expectChecks()
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
        let second = try await start()
        try await workspace.deviceSDK("kept_configuration.py", as: "alpha").expectChecks()
        withExtendedLifetime(second) {}
    }

    @Test("components, their states, updates, tokens and metrics")
    func components() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("actor", parameters: ["pinned": false])
        let worker = [
            "name": #""worker""#, "version": #""1.2.3""#,
            "run": #"["python3", "\#(Workspace.devicePrograms)/worker.py", "worker.pid"]"#,
            "environment": #"{"PYTHONPATH": "\#(Workspace.pythonPackages)"}"#,
        ]
        let daemon = try await workspace.startDaemon(
            waiting: ["alpha", "beta", "stranger", "aws.greengrass.StreamManager"],
            components: ["{" + worker.map { #""\#($0)": \#($1)"# }.joined(separator: ", ") + "}"],
            accessControl: Self.accessControl,
            configuration: #"{"worker": {"a": [1, null]}}"#
        )
        var variables = ["WORKER_PID": "\(workspace.folder)/worker.pid"]
        for (variable, name) in [
            ("BETA_TOKEN", "beta"), ("STRANGER_TOKEN", "stranger"),
            ("STREAM_MANAGER_TOKEN", "aws.greengrass.StreamManager"),
        ] {
            variables[variable] = try await workspace.componentToken(of: name)
        }
        let program = try await workspace.deviceSDK("components.py", as: "alpha", variables)
        try await program.expectChecks()
        withExtendedLifetime(daemon) {}
    }

    @Test("what other plugins of the nucleus do is answered with an error that says so")
    func unsupported() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon(waiting: ["alpha"], accessControl: Self.accessControl)
        try await workspace.deviceSDK("unsupported.py", as: "alpha").expectChecks()
        withExtendedLifetime(daemon) {}
    }

    @Test("tokens that are refused, connections that end, and a daemon that is killed and started again")
    func reconnecting() async throws {
        let workspace = try Workspace()
        func start() async throws -> Program {
            try await workspace.startDaemon(waiting: ["alpha"], accessControl: Self.accessControl)
        }
        var daemon = try await start()
        let signals = [SIGKILL, SIGTERM]
        let program = try await workspace.deviceSDK(
            "reconnecting.py",
            as: "alpha",
            ["ENVIRONMENT": workspace.environmentPath(of: "alpha")],
            arguments: ["\(signals.count)"]
        )
        for (number, signal) in signals.enumerated() {
            _ = try await program.lines(number + 1) { $0 == "ready" }
            daemon.signal(signal)
            _ = try await daemon.end()
            daemon = try await start()
        }
        try await program.expectChecks()
    }
}

/// The memory of the SDK's own process: the answers must end their streams.
@Suite(.timeLimit(.minutes(5))) struct DeviceSDKMemoryTests {
    /// `make soak` makes it a hundred thousand.
    private static let publishCount = ProcessInfo.processInfo.environment["SDK_PUBLISHES"] ?? "20000"

    @Test("publishing again and again takes no more memory of the SDK")
    func publishing() async throws {
        let workspace = try Workspace()
        let daemon = try await workspace.startDaemon(
            waiting: ["alpha"],
            accessControl: """
                {"alpha": {"aws.greengrass.ipc.pubsub": {"1": {"operations": ["*"], "resources": ["*"]}}}}
                """
        )
        let program = try await workspace.deviceSDK("leak.py", as: "alpha", arguments: [Self.publishCount])
        try await program.expectChecks()
        withExtendedLifetime(daemon) {}
    }
}
