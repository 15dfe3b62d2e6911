import Foundation
import TestSupport
import Testing

/// Files that are broken in every way that somebody may think of.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileFilesTests {
    /// The deployments, each broken in one way, and the error line that each must lead to.
    private func write(to workspace: Workspace) throws -> [(folder: String, place: String, text: String)] {
        try Breakage.all.enumerated().map { number, breakage in
            let folder = "\(workspace.folder)/\(number)"
            let place = try breakage.write(to: folder)
            return (
                folder, "\(folder)/\(breakage.file):\(place.map { "\($0):" } ?? "") error: ", breakage.text
            )
        }
    }

    @Test("check names each file, its place and what is allowed, and exits 1")
    func check() async throws {
        let workspace = try Workspace()
        let cases = try write(to: workspace)
        let program = try Program(Workspace.trellis, ["check"] + cases.map { "\($0.folder)/trellis.json" })
        #expect(try await program.end() == 1)
        for (folder, place, text) in cases {
            let lines = program.lines.filter { $0.hasPrefix("\(folder)/") }
            #expect(lines.contains { $0.hasPrefix(place) && $0.contains(text) }, "\(place)\(text): \(lines)")
        }
    }

    @Test("run says the same, exits 1 and has started nothing")
    func run() async throws {
        let workspace = try Workspace()
        let cases = try write(to: workspace)
        // Each costs a process, so every other one must do.
        for case (let number, (let folder, let place, let text)) in cases.enumerated() where number % 2 == 0 {
            let daemon = try Program(Workspace.trellis, ["run", "--config", "\(folder)/trellis.json"])
            #expect(try await daemon.end() == 1, "\(place)")
            let error = daemon.lines.contains { $0.contains(place) && $0.contains(text) }
            #expect(error, "\(place)\(text): \(daemon.lines)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/root"), "\(place)")
        }
    }

    @Test(
        "files that contradict each other are told with both places, an unknown runtime with its function"
    )
    func together() async throws {
        let workspace = try Workspace()
        let folder = workspace.folder
        _ = try Breakage("other.json", .bytes([], place: nil), "").write(to: folder)
        let component = Breakage.component
        try workspace.write(component.replacing("com.example.hello", with: "other"), to: "copy.json")
        try workspace.write(component.replacing("function:hello", with: "function:other"), to: "other.json")
        try workspace.write(component.replacing("python3.9", with: "cobol"), to: "cobol.json")
        for (files, place, text) in [
            (["hello.json", "hello.json"], "hello.json:4:22", "has this component too"),
            (["hello.json", "other.json"], "other.json:4:22", "hello.json:4:22 has this component too"),
            (["hello.json", "copy.json"], "copy.json:3:18", "hello.json:3:18 has this function too"),
            (["hello.json", "missing.json"], "missing.json", "found no such file"),
            (["cobol.json"], "Error", "com.example.hello: 'cobol' is not a known runtime"),
        ] {
            let list = files.map { "\"\($0)\"" }.joined(separator: ", ")
            let configuration = Breakage.configuration.replacing("\"hello.json\"", with: list)
            try workspace.write(configuration, to: "trellis.json")
            let daemon = try Program(Workspace.trellis, ["run", "--config", "\(folder)/trellis.json"])
            #expect(try await daemon.end() == 1)
            let isTold = daemon.lines.contains { $0.contains("\(place): ") && $0.contains(text) }
            #expect(isTold, "\(files): \(daemon.lines)")
            #expect(ProcessTree.pids(running: folder).isEmpty)
        }
    }
}
