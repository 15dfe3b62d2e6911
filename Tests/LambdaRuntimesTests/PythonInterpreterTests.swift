import Foundation
import TestSupport
import Testing

@testable import LambdaRuntimes

@Suite("The interpreter of a runtime")
struct PythonInterpreterTests {
    private static let program: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
    private static let script = Array("#!/bin/sh\n".utf8)

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func addProgram(_ name: String) throws -> String {
        try folder.write(Self.program, to: name, permissions: 0o755)
    }

    private func find(_ runtime: String, _ folders: String...) throws -> PythonInterpreter {
        try PythonInterpreter.find(
            runtime: runtime,
            searchPath: folders.map { "\(folder.path)/\($0)" }.joined(separator: ":")
        )
    }

    @Test("is the one of that version, without a warning")
    func exact() throws {
        _ = try addProgram("a/python3.10")
        let path = try addProgram("b/python3.9")
        #expect(try find("python3.9", "a", "b") == PythonInterpreter(path: path, warning: nil))
    }

    @Test("is the first of that version on the search path")
    func first() throws {
        let path = try addProgram("a/python3.9")
        _ = try addProgram("b/python3.9")
        #expect(try find("python3.9", "a", "b").path == path)
    }

    @Test("is else the nearest newer one, with a warning that names both")
    func newer() throws {
        _ = try addProgram("a/python3.8")
        _ = try addProgram("a/python3.12")
        let path = try addProgram("b/python3.11")
        let found = try find("python3.9", "a", "b")
        #expect(found.path == path)
        #expect(found.warning == "python3.9 is not installed: the function runs on python3.11 (\(path))")
    }

    @Test("is at least Python 3.8, even if an older one is installed", arguments: [2.7, 3.6, 3.7])
    func tooOld(version: Double) throws {
        _ = try addProgram("a/python\(version)")
        let path = try addProgram("a/python3.8")
        let found = try find("python\(version)", "a")
        #expect(found.path == path)
        #expect(found.warning?.hasPrefix("python\(version) is not served any more: ") == true)
    }

    @Test("is the program behind symbolic links")
    func links() throws {
        let path = try addProgram("real/python3.9")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/python3.9",
            withDestinationPath: "real/python3.9"
        )
        #expect(try PythonInterpreter.find(runtime: "python3.9", searchPath: folder.path).path == path)
    }

    @Test("is no script, no closed file, no folder and no other program")
    func others() throws {
        try folder.write(Self.script, to: "a/python3.9", permissions: 0o755)
        try folder.write(Self.program, to: "b/python3.9", permissions: 0o644)
        _ = try addProgram("c/python3.9/x")
        let manager = try addProgram("d/manager")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/d/python3.9",
            withDestinationPath: manager
        )
        let path = try addProgram("e/python3.9")
        #expect(try find("python3.9", "a", "b", "c", "d", "e").path == path)
    }

    @Test("is, behind a version manager's script, the newest patch that is installed")
    func shims() throws {
        try folder.write(Self.script, to: "shims/python3.9", permissions: 0o755)
        for version in ["3.9.2", "3.9.18", "3.9.9", "3.9-dev", "3.90.1"] {
            _ = try addProgram("versions/\(version)/bin/python3.9")
        }
        _ = try addProgram("usr/python3.9")
        #expect(
            try find("python3.9", "shims", "usr").path == folder.path + "/versions/3.9.18/bin/python3.9"
        )
    }

    @Test("is told to be installed when there is none")
    func none() throws {
        _ = try addProgram("a/python3.8")
        let error = try #require(throws: PythonInterpreterError.self) { try find("python3.9", "a", "b") }
        #expect(error == .notInstalled(runtime: "python3.9", searchPath: "\(folder.path)/a:\(folder.path)/b"))
        #expect(error.description.contains("apt-get install python3"))
    }

    @Test("is not looked for in relative folders")
    func relative() {
        #expect(throws: PythonInterpreterError.notInstalled(runtime: "python3.8", searchPath: "::.:bin")) {
            try PythonInterpreter.find(runtime: "python3.8", searchPath: "::.:bin")
        }
    }

    @Test("is not served yet for other languages", arguments: ["nodejs18.x", "java11", "java8.al2"])
    func notServed(runtime: String) {
        #expect(throws: PythonInterpreterError.notServed(runtime: runtime)) { try find(runtime, "a") }
    }

    @Test(
        "is refused for what is no runtime",
        arguments: [
            "", "python", "python3", "python3.", "python3.x", "python3.-1", "python3.99", "python2.6",
            "go1.x",
        ]
    )
    func unknown(runtime: String) {
        #expect(throws: PythonInterpreterError.unknown(runtime: runtime)) { try find(runtime, "a") }
    }
}
