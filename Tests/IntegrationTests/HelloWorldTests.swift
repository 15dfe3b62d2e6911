import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct HelloWorldTests {
    /// The example with the table that it has at the top of the checkout.
    private func example() throws -> Workspace {
        let workspace = try Workspace(example: "hello-world")
        try FileManager.default.copyItem(
            atPath: "\(Workspace.package)/subscriptions.json",
            toPath: "\(workspace.folder)/subscriptions.json"
        )
        return workspace
    }

    @Test("the example's messages arrive in the embedded cloud, and Ctrl-C ends everything")
    func messagesArrive() async throws {
        let workspace = try example()
        let daemon = try await workspace.startDaemon()
        let cloud = try await workspace.listen("hello/world")
        let messages = try await cloud.lines(2) { $0.hasPrefix("got hello/world ") }
        #expect(messages.allSatisfy { $0.contains("Hello world! Sent from Python") })
        try await daemon.line(with: "arrived in the cloud")
        let children = ProcessTree.descendants(of: daemon.pid)
        #expect(children.count >= 3)
        daemon.signal(SIGINT)
        #expect(try await daemon.end() == 0)
        #expect(children.filter(ProcessTree.isRunning).isEmpty)
        #expect(daemon.lines.allSatisfy { !$0.contains("[ERROR]") }, "\(daemon.lines)")
    }

    @Test(
        "without its row the function's log has the line that people know; with the row messages flow again"
    )
    func rowRemoved() async throws {
        let workspace = try example()
        let table = try workspace.text("subscriptions.json")
        let daemon = try await workspace.startDaemon()
        let log = try workspace.follow("hello-world")
        try workspace.write(#"{"subscriptions": {}}"#, to: "subscriptions.json")
        try await daemon.line(with: "was read again: 0 rows")
        let line = try await log.line(with: "HTTP Error 400:Bad Request")
        let pattern =
            #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[ERROR\] \([^)]+\) hello-world: ipc_client\.py:\d+,"#
            + #"HTTP Error 400:Bad Request, b'No subscription exists for the source "#
            + #"arn:aws:lambda:eu-central-1:123456789012:function:hello-world:1 and subject hello/world\. "#
            + #"Deploy and configure aws\.greengrass\.LegacySubscriptionRouter component to support "#
            + #"publishing from Lambdas\.'\. "#
            + #"\{serviceInstance=0, serviceName=hello-world, currentState=RUNNING\}$"#
        #expect(line.range(of: pattern, options: .regularExpression) != nil, "\(line)")
        let cloud = try await workspace.listen("hello/world")
        try workspace.write(table, to: "subscriptions.json")
        try await daemon.line(with: "was read again: 1 row")
        try await cloud.line(with: "got hello/world Hello world!")
        try workspace.write("{", to: "subscriptions.json")
        try await daemon.line(with: "subscriptions.json has errors and is not used")
        _ = try await cloud.lines(2) { $0.hasPrefix("got hello/world ") }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end() == 0)
    }
}
