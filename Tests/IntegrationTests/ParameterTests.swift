import Foundation
import TestSupport
import Testing

/// Every parameter of a function at its default, at its limits and beyond them.
@Suite(.timeLimit(.minutes(2))) struct ParameterTests {
    /// So many probes run at a time: each starts processes.
    private static let countAtATime = 4

    @Test("each value does what it says, in a real function")
    func values() async throws {
        let workspace = try Workspace()
        for value in ParameterCase.all {
            try workspace.addFunction(
                value.name,
                code: value.code,
                parameters: value.parameters.merging(value.isPinned ? [:] : ["pinned": false]) { given, _ in
                    given
                },
                configuration: value.configuration
            )
        }
        let filler = ParameterCase.filler
        try workspace.addFunction(
            filler,
            code: Workspace.python,
            parameters: ["pinned": false, "timeoutInSeconds": 50]
        )
        try workspace.writeSubscriptions(ParameterCase.queues.map { (filler, "fill/\($0.name)", $0.name) })
        let daemon = try await workspace.startDaemon()
        var rest = ParameterCase.all[...]
        await withTaskGroup { group in
            for _ in 0..<Self.countAtATime {
                group.addProbe(of: rest.popFirst(), workspace, daemon)
            }
            for await _ in group {
                group.addProbe(of: rest.popFirst(), workspace, daemon)
            }
        }
    }

    @Test("what is beyond the limits is refused with its place, all of it at once")
    func beyond() async throws {
        let workspace = try Workspace()
        let long = String(repeating: "x", count: 131_072)
        let cases: [(key: String, value: any Sendable, allowed: String)] = [
            ("maxQueueSize", 0, "a whole number from 1 to 1000000"),
            ("maxQueueSize", 1_000_001, "a whole number from 1 to 1000000"),
            ("maxInstancesCount", 0, "a whole number from 1 to 1000"),
            ("maxInstancesCount", 1_001, "a whole number from 1 to 1000"),
            ("maxIdleTimeInSeconds", -1, "a whole number from 0 to 2147483647"),
            ("maxIdleTimeInSeconds", 2_147_483_648, "a whole number from 0 to 2147483647"),
            ("timeoutInSeconds", 0, "a whole number from 1 to 2147483647"),
            ("timeoutInSeconds", 2_147_483_648, "a whole number from 1 to 2147483647"),
            ("timeoutInSeconds", 1.5, "a whole number from 1 to 2147483647"),
            ("statusTimeoutInSeconds", 0, "a whole number from 1 to 2147483647"),
            ("pinned", "true", "true or false"),
            ("inputPayloadEncodingType", "xml", #""json" or "binary""#),
            ("execArgs", [1], "a string"),
            ("execArgs", "-v", "a list"),
            ("environmentVariables", ["LONG": long], "at most 131071 bytes"),
            ("environmentVariables", ["A=B": "c"], "the name of a variable is not empty and has no ="),
            ("eventSources", [["topic": "a/#/b", "type": "PUB_SUB"]], "#"),
            ("eventSources", [["topic": "a", "type": "MQTT"]], #""PUB_SUB" or "IOT_CORE""#),
            ("linuxProcessParams", ["isolationMode": "None"], #""GreengrassContainer" or "NoContainer""#),
            ("linuxProcessParams", ["containerParams": ["memorySizeInKB": 0]], "from 1 to 2147483647"),
            ("fastStart", "no", "true or false"),
            ("runWith", ["posixUser": "a b"], "a posixUser is a user's name or number"),
            ("runWith", [String: String](), #"the key "posixUser" is required"#),
        ]
        let inConfiguration: Set = ["fastStart", "runWith"]
        for (number, value) in cases.enumerated() {
            let members = [value.key: value.value]
            try workspace.addFunction(
                "f\(number)",
                parameters: inConfiguration.contains(value.key) ? [:] : members,
                configuration: inConfiguration.contains(value.key) ? members : [:]
            )
        }
        let files = cases.indices.map { "\(workspace.folder)/f\($0).json" }
        let check = try Program(Workspace.trellis, ["check"] + files)
        #expect(try await check.end() == 1)
        for (number, value) in cases.enumerated() {
            let line = check.lines.first { $0.contains("/f\(number).json:") && $0.contains("error") } ?? ""
            #expect(line.contains(value.key) && line.contains(value.allowed), "\(value.key): \(line)")
        }
    }
}

extension TaskGroup<Void> {
    fileprivate mutating func addProbe(of value: ParameterCase?, _ workspace: Workspace, _ daemon: Program) {
        guard let value else { return }
        addTask {
            do {
                try await value.probe(ParameterProbe(workspace, value.name, daemon))
            } catch {
                Issue.record("\(value.name): \(error)")
            }
        }
    }
}
