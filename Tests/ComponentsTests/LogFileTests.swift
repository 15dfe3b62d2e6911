import Foundation
import TestSupport
import Testing

@testable import Components

@Suite struct LogFileTests {
    private func line(_ message: String, at milliseconds: Int64 = 1_659_667_637_288) -> LogLine {
        LogLine(
            millisecondsSinceEpoch: milliseconds,
            level: "ERROR",
            source: "instance-1",
            componentName: "hello",
            state: "RUNNING",
            message: message
        )
    }

    @Test("a line has the originals' format")
    func format() throws {
        let folder = try TemporaryFolder()
        LogFile(folder: folder.path, name: "hello").write(line("ipc_client.py:64,HTTP Error 400:Bad Request"))
        #expect(
            try folder.text("hello.log")
                == """
                2022-08-05T02:47:17.288Z [ERROR] (instance-1) hello: \
                ipc_client.py:64,HTTP Error 400:Bad Request. \
                {serviceInstance=0, serviceName=hello, currentState=RUNNING}

                """
        )
    }

    @Test("a message stays on its line, and is cut at its limit")
    func oneLine() throws {
        let folder = try TemporaryFolder()
        let log = LogFile(folder: folder.path, name: "hello")
        log.write(line("a\nb\r\nc"))
        log.write(line(String(repeating: "x", count: LogLine.messageBytesMax + 1)))
        let lines = try folder.text("hello.log").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains("hello: a b  c. {"))
        #expect(lines[1].filter { $0 == "x" }.count == LogLine.messageBytesMax)
    }

    @Test("a full file is renamed by the hour, and the oldest are deleted")
    func rotation() throws {
        let folder = try TemporaryFolder()
        var limits = LogFile.Limits()
        limits.fileBytesMax = 1_000
        limits.totalBytesMax = 4_000
        let log = LogFile(folder: folder.path, name: "hello", limits: limits)
        let other = LogFile(folder: folder.path, name: "hello_world", limits: limits)
        other.write(line("kept"))
        for number in 0..<100 {
            log.write(line("line \(number)"))
        }
        let names = try folder.names()
        #expect(names.contains("hello_world.log"))
        let rotated = names.filter { $0.hasPrefix("hello_2022_08_05_02_") }
        #expect((2...3).contains(rotated.count))
        #expect(try folder.text("hello.log").contains("line 99"))
        #expect(try rotated.allSatisfy { try folder.text($0).utf8.count <= 1_000 })
        #expect(log.lostLineCount == 0)
    }

    @Test("lines that can't be written are counted, and writing goes on when it can")
    func unwritable() throws {
        let folder = try TemporaryFolder()
        let log = LogFile(folder: folder.path + "/later", name: "hello")
        log.write(line("lost"))
        #expect(log.lostLineCount == 1)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/later",
            withIntermediateDirectories: true
        )
        log.write(line("kept"))
        #expect(try folder.text("later/hello.log").contains("kept"))
    }
}

extension TemporaryFolder {
    fileprivate func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    fileprivate func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }
}
