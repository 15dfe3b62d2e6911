import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PackageTests {
    /// Writes a zip archive with python3: names, contents and unix modes.
    private func zip(_ entries: [(name: String, text: String, mode: Int)], to path: String) async throws {
        let list = entries.map { "(\(quoted($0.name)), \(quoted($0.text)), \($0.mode))" }
        let script = """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as archive:
                for name, text, mode in [\(list.joined(separator: ", "))]:
                    entry = zipfile.ZipInfo(name)
                    entry.create_system = 3
                    entry.external_attr = mode << 16
                    archive.writestr(entry, text)
            """
        let program = try Program("/usr/bin/env", ["python3", "-c", script, path])
        guard try await program.end() == 0 else { throw ProgramError(description: "\(program.lines)") }
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
            of: "'",
            with: "\\'"
        )
        .replacingOccurrences(of: "\n", with: "\\n")
        return "'\(escaped)'"
    }

    private func addArchive(_ workspace: Workspace, version: Int = 1, answer: String) async throws {
        try workspace.addFunction("packed", version: version, parameters: ["pinned": false])
        let file = try workspace.text("packed.json").replacingOccurrences(of: "packed\\/", with: "packed.zip")
        try workspace.write(file, to: "packed.json")
        let code = """
            import subprocess
            def handler(event, context):
                return {'ok': subprocess.check_output(['bin/tool'], text=True).strip()}
            """
        try await zip(
            [
                ("function.py", code, 0o100644), ("lib/", "", 0o040755), ("lib/part.py", "x = 1\n", 0o100644),
                ("bin/tool", "#!/bin/sh\necho \(answer)\n", 0o100755),
            ],
            to: "\(workspace.folder)/packed.zip"
        )
    }

    @Test("an archive is unpacked by name and version, with its modes, compiled, and anew when it changes")
    func unpacking() async throws {
        let workspace = try Workspace()
        try await addArchive(workspace, version: 4, answer: "first")
        let folder = "\(workspace.root)/packages/artifacts-unarchived/packed/4.0.0/lambda-artifact"
        do {
            let daemon = try await workspace.startDaemon()
            #expect(try await workspace.invoke("packed", [:]).answer.Payload?.ok == "first")
            let compiled = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/lib/__pycache__")
            #expect(compiled.contains { $0.hasPrefix("part.") })
            daemon.signal(SIGTERM)
            #expect(try await daemon.end() == 0)
        }
        let unpacked = try await workspace.startDaemon()
        #expect(
            unpacked.lines.allSatisfy { !$0.contains("was unpacked") },
            "the same archive is there already"
        )
        unpacked.signal(SIGTERM)
        #expect(try await unpacked.end() == 0)
        try await addArchive(workspace, version: 4, answer: "second")
        let daemon = try await workspace.startDaemon()
        try await daemon.line(with: "packed.zip was unpacked into \(folder)")
        #expect(try await workspace.invoke("packed", [:]).answer.Payload?.ok == "second")
    }

    @Test(
        "an archive that reaches out of its folder is refused at its place in the file, and nothing starts",
        arguments: [("../evil", 0o100644), ("/etc/evil", 0o100644), ("link", 0o120777)]
    )
    func refused(name: String, mode: Int) async throws {
        let workspace = try Workspace()
        try await addArchive(workspace, answer: "never")
        try await zip([(name, "../../outside", mode)], to: "\(workspace.folder)/packed.zip")
        let configuration = "\(workspace.folder)/trellis.json"
        try workspace.write(#"{"root": "root", "components": ["packed.json"]}"#, to: "trellis.json")
        for command in [["check", configuration], ["run", "--config", configuration]] {
            let program = try Program(Workspace.trellis, command)
            #expect(try await program.end() == 1)
            let lines = program.lines.joined(separator: "\n")
            #expect(lines.contains("packed.json:1:"), "\(lines)")
            #expect(lines.contains("CodeUri: found \"packed.zip\"; entry \"\(name)\""), "\(lines)")
        }
        #expect(!FileManager.default.fileExists(atPath: workspace.root))
    }
}
