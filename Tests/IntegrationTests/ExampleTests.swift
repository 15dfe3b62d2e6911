import Foundation
import TestSupport
import Testing

/// The examples, with the commands that their READMEs give.
@Suite(.timeLimit(.minutes(1))) struct ExampleTests {
    private func invoke(
        _ name: String,
        _ payload: String,
        in workspace: Workspace
    ) async throws -> (status: Int32, lines: [String]) {
        try await workspace.trellis("lambda", "invoke", "-n", name, "-p", payload)
    }

    @Test("message-relay: a reading wakes the converter, and reaches the cloud and the other function")
    func messageRelay() async throws {
        let workspace = try Workspace(example: "message-relay")
        let daemon = try await workspace.run()
        #expect(
            try await workspace.trellis("component", "details", "-n", "to-celsius").lines
                .contains("    Instances: none")
        )
        let cloud = try Program(
            Workspace.trellis,
            ["iotcore", "sub", "-t", "thermometers/+/celsius", "--root", workspace.root]
        )
        try await cloud.line(with: "Successfully subscribed")
        let topic = "thermometers/kitchen/fahrenheit"
        for (fahrenheit, celsius) in [("70.7", "21.5"), ("64.4", "18.0"), ("71.6", "22.0")] {
            let message = #"{"fahrenheit": \#(fahrenheit)}"#
            #expect(try await workspace.trellis("iotcore", "pub", "-t", topic, "-m", message).status == 0)
            try await cloud.line(with: #"{"celsius": \#(celsius)}"#)
        }
        let highest = try await invoke("highest-reading", "{}", in: workspace)
        #expect(highest.lines == [#"{"kitchen": 22.0}"#])
        let log = try workspace.follow("highest-reading")
        _ = try await log.lines(2) { $0.contains("kitchen: a new highest reading, ") }
        #expect(log.lines.allSatisfy { !$0.contains("18.0 °C") })

        #expect(try await workspace.trellis("iotcore", "pub", "-t", topic, "-m", "warm").status == 0)
        try await daemon.line(with: "to-celsius: gave up on")
        let letters = try await workspace.trellis("deadletter", "list").lines
        #expect(letters.count == 1)
        #expect(letters.first?.contains("the payload is no JSON") == true, "\(letters)")
    }

    @Test("fleet: three nodes share the jobs, and none is lost when one of them is killed")
    func fleet() async throws {
        let path = "PATH=\(Workspace.package)/.build/debug:/usr/local/bin:/usr/bin:/bin:/usr/sbin"
        let script = "\(Workspace.package)/examples/fleet/fleet.py"
        let fleet = try Program("/usr/bin/env", [path, "python3", script, "600"])
        #expect(try await fleet.end() == 0)
        #expect(fleet.lines.last?.hasPrefix("600 of 600 jobs were handled") == true, "\(fleet.lines)")
        #expect(fleet.lines.contains { $0.hasPrefix("node-2 was killed") })
    }

    @Test("invoke: a function waits for another or does not, in JSON or bytes, and is told of errors")
    func invocations() async throws {
        let workspace = try Workspace(example: "invoke")
        let daemon = try await workspace.run()
        let call = { (event: String) in
            try await invoke("caller", event, in: workspace)
        }
        let mean = try await call(#"{"step": "mean", "numbers": [1, 2, 6]}"#)
        #expect(mean.lines == [#"{"mean": 3}"#])
        let later = try await call(#"{"step": "mean-later", "numbers": [1, 2, 9]}"#)
        #expect(later.lines == [#""accepted""#])
        try await workspace.follow("mean").line(with: "the mean is 4")

        let text = String(repeating: "warm ", count: 200)
        let compressed = try await call(#"{"step": "compress", "text": "\#(text)"}"#)
        let pattern = #/\{"bytes": (\d+), "compressedBytes": (\d+)\}/#
        let sizes = try #require(compressed.lines.first?.wholeMatch(of: pattern)?.output)
        #expect(sizes.1 == "1000")
        #expect(try #require(Int(sizes.2)) < 100)

        let handled = try await call(#"{"step": "mean", "numbers": []}"#)
        #expect(handled.status == 0, "the caller caught it")
        #expect(handled.lines.joined().contains(#""functionError": "Handled""#), "\(handled)")
        #expect(handled.lines.joined().contains(#""errorType": "StatisticsError""#))
        let unhandled = try await call(#"{"step": "mean", "numbers": [1], "pauseSeconds": 60}"#)
        #expect(unhandled.lines.joined().contains(#""functionError": "Unhandled""#), "\(unhandled)")
        #expect(unhandled.lines.joined().contains("Task timed out after 1.00 seconds"))
        let missing = try await call(#"{"step": "missing"}"#)
        #expect(missing.status == 1)
        #expect(missing.lines.joined().contains(#""errorType": "InvocationException""#), "\(missing)")
        #expect(missing.lines.joined().contains("Failed to invoke function due to HTTP Error 404"))
        withExtendedLifetime(daemon) {}
    }

    @Test(
        "local-debug: a debugger stops in the handler, for as long as it takes, and the function comes back"
    )
    func localDebug() async throws {
        let workspace = try Workspace(example: "local-debug")
        let daemon = try await workspace.run()
        try workspace.write("b thermostat:13\nc\np event\nc\n", to: "debugger-commands")
        let debugger = try Program(
            "/usr/bin/env",
            // Into a pipe Python would write its lines only when it ends.
            ["PYTHONUNBUFFERED=1", Workspace.trellis, "lambda", "env", "--root", workspace.root]
                + ["-n", "thermostat", "--", "python3", "-m", "pdb", "-m", "lambda_runtime"],
            input: "\(workspace.folder)/debugger-commands"
        )
        _ = try await daemon.lines(2) { $0.contains("thermostat: is ready") }
        let details = try await workspace.trellis("component", "details", "-n", "thermostat").lines
        #expect(details.contains { $0.hasSuffix("idle (your own process)") }, "\(details)")
        let own = try await invoke("thermostat", #"{"room": "kitchen", "celsius": 17}"#, in: workspace)
        #expect(own.lines == [#"{"heating": "on"}"#])
        try await debugger.line(with: "{'room': 'kitchen', 'celsius': 17}")
        #expect(try await workspace.trellis("component", "restart", "-n", "thermostat").status == 0)
        _ = try await daemon.lines(3) { $0.contains("thermostat: is ready") }
        let managed = try await invoke("thermostat", #"{"room": "kitchen", "celsius": 23}"#, in: workspace)
        #expect(managed.lines == [#"{"heating": "off"}"#])
        try await debugger.line(with: "The core has not answered 5 times in a row: giving up")
        #expect(try await debugger.end() == 1)
    }
}
