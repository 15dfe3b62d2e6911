import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct MigrationTests {
    private struct Output: Decodable {
        struct Source: Decodable, Equatable {
            let topic: String
            let type: String
        }

        let eventSources: [String: [Source]]
        let notes: [String]
    }

    private func migrate(_ workspace: Workspace, _ arguments: String...) async throws -> Program {
        try Program(
            Workspace.trellis,
            ["migrate", "authorization", "--config", "\(workspace.folder)/trellis.json"] + arguments
        )
    }

    @Test("what migrate writes can be pasted into trellis.json, and is good")
    func pasted() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sender")
        try workspace.addFunction("receiver")
        try workspace.writeSubscriptions([
            ("sender", "rooms/+/state", "receiver"), ("sender", "up/#", "cloud"), ("cloud", "down", "pubsub"),
        ])
        try workspace.writeConfiguration()
        let program = try await migrate(workspace)
        #expect(try await program.end() == 0, "\(program.lines)")
        let data = Data(program.lines.joined(separator: "\n").utf8)
        let output = try JSONDecoder().decode(Output.self, from: data)
        #expect(output.eventSources == ["receiver": [.init(topic: "rooms/+/state", type: "PUB_SUB")]])
        #expect(output.notes.contains { $0.contains("rooms/+/state becomes rooms/*/state") })

        var document = try #require(JSONSerialization.jsonObject(with: data) as? [String: any Sendable])
        document["eventSources"] = nil
        document["notes"] = nil
        document["components"] = ["sender.json", "receiver.json"]
        let pasted = try JSONSerialization.data(withJSONObject: document)
        try workspace.write(String(decoding: pasted, as: UTF8.self), to: "trellis.json")
        let check = try Program(Workspace.trellis, ["check", "\(workspace.folder)/trellis.json"])
        #expect(try await check.end() == 0)
        #expect(!check.lines.joined().contains("warnings"), "\(check.lines)")
        #expect(check.lines.count == 1)
    }

    @Test("one component is written alone, and one that is not there is told")
    func oneComponent() async throws {
        let workspace = try Workspace()
        try workspace.addFunction("sender")
        try workspace.writeSubscriptions([("sender", "up", "cloud")])
        try workspace.writeConfiguration()
        let known = try await migrate(workspace, "--component", "sender")
        #expect(try await known.end() == 0)
        #expect(known.lines.contains { $0.contains("sender:PublishToIoTCore") }, "\(known.lines)")
        let unknown = try await migrate(workspace, "--component", "nobody")
        #expect(try await unknown.end() == 64)
        #expect(unknown.lines.joined().contains("there are: sender"), "\(unknown.lines)")
    }
}
