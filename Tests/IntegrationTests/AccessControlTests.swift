import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Policies and configurations of components", .timeLimit(.minutes(1)))
struct AccessControlTests {
    /// Says what it is configured with; then tries, for each message on the topic `go`, to publish on `out`,
    /// and counts in its configuration.
    private static let component = """
        import json, signal
        from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
        from awsiot.greengrasscoreipc.model import BinaryMessage, PublishMessage, UnauthorizedError
        from datetime import datetime

        ipc = GreengrassCoreIPCClientV2()
        print('CONFIGURED', json.dumps(ipc.get_configuration().value, sort_keys=True))

        def go(event):
            try:
                message = PublishMessage(binary_message=BinaryMessage(message=b'x'))
                ipc.publish_to_topic(topic='out', publish_message=message)
                print('ALLOWED')
            except UnauthorizedError as error:
                print('REFUSED', error.message)
            count = ipc.get_configuration(key_path=['own', 'count']).value['count'] + 1
            ipc.update_configuration(
                key_path=['own'], value_to_merge={'count': count}, timestamp=datetime.now())
            print('COUNTED', count)

        ipc.subscribe_to_topic(topic='go', on_stream_event=go)
        print('READY')
        signal.pause()
        """
    private static let name = "com.example.Program"

    /// Writes `trellis.json` with the component, which may do `operations` on `out` and has a default.
    private func configure(
        _ workspace: Workspace,
        on operations: String,
        setting: Int,
        count: Int = 0
    ) throws {
        try workspace.write(
            """
            {"root": "root", "mqtt": {"endpoint": "none"},
             "components": [{"name": "\(Self.name)", "run": ["python3", "-u", "component.py"],
              "environment": {"PYTHONPATH": "\(Workspace.pythonPackages)"}}],
             "configuration": {"\(Self.name)": {"setting": \(setting), "own": {"count": \(count)}}},
             "accessControl": {"\(Self.name)": {"aws.greengrass.ipc.pubsub": {
              "go": {"operations": ["aws.greengrass#SubscribeToTopic"], "resources": ["go"]},
              "out": {"operations": ["\(operations)"], "resources": ["out"]}}}}}
            """,
            to: "trellis.json"
        )
    }

    private func go(_ workspace: Workspace) async throws {
        #expect(try await workspace.trellis("pubsub", "pub", "-t", "go", "-m", "x").status == 0)
    }

    @Test("policies count as soon as their file is written, and a file with errors changes nothing")
    func reloading() async throws {
        let workspace = try Workspace()
        try workspace.write(Self.component, to: "component.py")
        try configure(workspace, on: "aws.greengrass#SubscribeToTopic", setting: 1)
        let daemon = try await workspace.startComponents()
        let log = try workspace.follow(Self.name)
        try await log.line(with: "READY")
        try await go(workspace)
        let refusal = try await log.line(with: "REFUSED ")
        #expect(
            refusal.contains(
                "Principal \(Self.name) is not authorized to perform aws.greengrass.ipc.pubsub:"
                    + "aws.greengrass#PublishToTopic on resource out: policy \"out\" has this resource, "
                    + "but for aws.greengrass#SubscribeToTopic only"
            )
        )
        // What is shown of the first two is the same; the third is one operation that there is not.
        let long = String(repeating: "x", count: 200)
        let changes = [long, long + "x", "SubscribeToTopic, *", #"SubscribeToTopic", "*"#]
        for (index, operations) in changes.enumerated() {
            try configure(workspace, on: operations, setting: 1)
            _ = try await daemon.lines(index + 1) { $0.contains("was read again: 2 policies") }
        }
        let policy = #"\#(Self.name): "out" of aws.greengrass.ipc.pubsub: "SubscribeToTopic", "*" on "out""#
        try await daemon.line(with: "+ " + policy)
        try await go(workspace)
        try await log.line(with: "ALLOWED")
        try await log.line(with: "COUNTED 2")
        try workspace.write(
            #"{"accessControl": {"x": {"aws.greengrass.ipc.pubsub": {"p": 1}}}}"#,
            to: "trellis.json"
        )
        try await daemon.line(with: "trellis.json has errors, and the policies before stay in force")
        try await go(workspace)
        try await log.line(with: "COUNTED 3")
        #expect(log.lines.count { $0.contains("ALLOWED") } == 2)
    }

    @Test("a component that restarts can reject what its file says then, and goes on with what it had")
    func validation() async throws {
        let workspace = try Workspace()
        try workspace.write(
            """
            import json, signal
            from awsiot.greengrasscoreipc.clientv2 import GreengrassCoreIPCClientV2
            from awsiot.greengrasscoreipc.model import ConfigurationValidityReport

            ipc = GreengrassCoreIPCClientV2()
            print('CONFIGURED', ipc.get_configuration(key_path=['setting']).value)

            def validate(event):
                question = event.validate_configuration_update_event
                print('ASKED', json.dumps(question.configuration, sort_keys=True))
                good = question.configuration['setting'] < 3
                report = ConfigurationValidityReport(
                    status='ACCEPTED' if good else 'REJECTED', deployment_id=question.deployment_id,
                    message='3 is too much')
                ipc.send_configuration_validity_report(configuration_validity_report=report)

            ipc.subscribe_to_validate_configuration_updates(on_stream_event=validate)
            print('READY')
            signal.pause()
            """,
            to: "component.py"
        )
        try configure(workspace, on: "*", setting: 1)
        let daemon = try await workspace.startComponents()
        let log = try workspace.follow(Self.name)
        try await log.line(with: "READY")
        try configure(workspace, on: "*", setting: 3)
        let rejected = try await workspace.trellis("component", "restart", "-n", Self.name)
        #expect(rejected.status == 1)
        let reason = "\(Self.name) can't work with its new configuration: 3 is too much"
        #expect(rejected.lines.contains { $0.contains(reason) }, "\(rejected.lines)")
        try await log.line(with: #"ASKED {"own": {"count": 0}, "setting": 3}"#)
        try configure(workspace, on: "*", setting: 2)
        #expect(try await workspace.trellis("component", "restart", "-n", Self.name).status == 0)
        try await log.line(with: "CONFIGURED {'setting': 2}")
        #expect(log.lines.count { $0.contains("CONFIGURED") } == 2)
        #expect(log.lines.count { $0.contains("ASKED") } == 2)
        // Nothing has changed: nobody is asked.
        _ = try await log.lines(2) { $0.contains("READY") }
        #expect(try await workspace.trellis("component", "restart", "-n", Self.name).status == 0)
        _ = try await log.lines(3) { $0.contains("READY") }
        #expect(log.lines.count { $0.contains("ASKED") } == 2)
        withExtendedLifetime(daemon) {}
    }

    @Test("a default that a component had written before is the default, and the next one wins again")
    func sameValue() async throws {
        let workspace = try Workspace()
        try workspace.write(Self.component, to: "component.py")
        try configure(workspace, on: "*", setting: 1)
        let daemon = try await workspace.startComponents()
        let log = try workspace.follow(Self.name)
        try await log.line(with: "READY")
        try await go(workspace)
        try await log.line(with: "COUNTED 1")
        for (restart, count) in [(1, 1), (2, 0)] {
            try configure(workspace, on: "*", setting: 1, count: count)
            #expect(try await workspace.trellis("component", "restart", "-n", Self.name).status == 0)
            let lines = try await log.lines(restart + 1) { $0.contains("CONFIGURED") }
            #expect(lines.last?.contains(#"{"count": \#(count)}"#) == true, "\(lines)")
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("what a component wrote is there after a restart, and a new default wins for its key")
    func configuration() async throws {
        let workspace = try Workspace()
        try workspace.write(Self.component, to: "component.py")
        try configure(workspace, on: "*", setting: 1)
        for (setting, count) in [(1, 0), (1, 1), (2, 2)] {
            try configure(workspace, on: "*", setting: setting)
            let daemon = try await workspace.startComponents()
            let log = try workspace.follow(Self.name)
            try await log.line(with: #"CONFIGURED {"own": {"count": \#(count)}, "setting": \#(setting)}"#)
            _ = try await log.lines(count + 1) { $0.contains("READY") }
            try await go(workspace)
            try await log.line(with: "COUNTED \(count + 1)")
            daemon.signal(SIGTERM)
            #expect(try await daemon.end() == 0)
        }
    }
}
