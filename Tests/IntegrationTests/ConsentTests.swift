import TestSupport
import Testing

/// What a component with the Device SDK is asked before something is changed.
@Suite(.timeLimit(.minutes(2))) struct ConsentTests {
    private let name = "com.example.Consent"

    private func write(level: Int, to workspace: Workspace) throws {
        try workspace.writeComponents([
            name: [
                "run": ["python3", "\(Workspace.devicePrograms)/consent.py"],
                "configuration": ["level": level],
                "environment": ["PYTHONPATH": Workspace.pythonPackages],
            ],
            "com.example.Other": ["run": "exec sleep 600"],
        ])
    }

    @Test("a restart waits for who puts it off, and a configuration that a component rejects changes nothing")
    func consent() async throws {
        let workspace = try Workspace()
        try write(level: 1, to: workspace)
        let daemon = try await workspace.startComponents()
        let log = try workspace.follow(name)
        try await log.line(with: "READY {'level': 1}")
        #expect(try await workspace.trellis("component", "restart", "-n", "com.example.Other").status == 0)
        try await log.line(with: "ASKED 2 False")
        try await log.line(with: "UPDATED True")
        #expect(daemon.lines.contains { $0.contains("\(name) puts an update off for 1 ms: busy") })

        try write(level: 13, to: workspace)
        let refused = try await workspace.trellis("component", "restart", "-n", name)
        #expect(refused.status == 1)
        #expect(
            refused.lines.joined()
                .contains("can't work with its new configuration: level 13 brings bad luck")
        )
        try await log.line(with: "VALIDATES {'level': 13}")
        try write(level: 14, to: workspace)
        #expect(try await workspace.trellis("component", "restart", "-n", name).status == 0)
        try await log.line(with: "READY {'level': 14}")
        #expect(!log.lines.contains { $0.contains("READY {'level': 13}") })
    }
}
