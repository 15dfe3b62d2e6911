import Foundation
import NIOConcurrencyHelpers

/// A process whose lines, of both outputs, a test awaits. It must be ended by `kill`.
final class ChildProcess: Sendable {
    let lines = Reports<String>()
    private let ended = Reports<Int32>()
    private let processID: Int32

    init(_ executable: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        let partialLine = NIOLockedValueBox(Data())
        pipe.fileHandleForReading.readabilityHandler = { [lines] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            let complete = partialLine.withLockedValue { rest in
                rest += data
                var complete: [String] = []
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    complete.append(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
                return complete
            }
            for line in complete { lines.add(line) }
        }
        process.terminationHandler = { [ended] in ended.add($0.terminationStatus) }
        try process.run()
        self.processID = process.processIdentifier
    }

    func end(_ signal: Int32 = SIGKILL) async {
        kill(self.processID, signal)
        _ = await self.ended.next(1)
    }

    func waitUntilEnded() async -> Int32 {
        await self.ended.next(1)[0]
    }
}
