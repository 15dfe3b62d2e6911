import CTestSupport
import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A program that a test runs: its lines of output as they come, and its end. It is killed when the test lets
/// go of it.
package final class Program: Sendable {
    package let pid: Int32
    private let record = ProgramRecord()

    /// Starts it; standard output and standard error are one stream of lines.
    ///
    /// - Parameter input: The path of the file that is its standard input.
    package init(_ executable: String, _ arguments: [String], input: String = "/dev/null") throws {
        let inputDescriptor = open(input, O_RDONLY | O_CLOEXEC)
        defer { close(inputDescriptor) }
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var output: Int32 = -1
        pid = start_program(executable, &words, inputDescriptor, &output)
        guard pid > 0 else {
            throw ProgramError(description: "\(executable): \(String(cString: strerror(-pid)))")
        }
        // The thread keeps the record alive and not the program, so that letting go of it kills it.
        Thread { [record, pid, output] in record.read(output, of: pid) }.start()
    }

    deinit {
        if record.end == nil {
            Glibc.kill(pid, SIGKILL)
        }
    }

    /// Every line so far.
    package var lines: [String] { record.lines }

    package func signal(_ number: Int32) {
        Glibc.kill(pid, number)
    }

    /// Kills it, and waits for its end.
    package func kill() async throws {
        signal(SIGKILL)
        _ = try await end()
    }

    /// Waits for its end and the end of its output.
    ///
    /// - Returns: Its exit status; a signal's number as a negative one.
    package func end() async throws -> Int32 {
        try await record.wait { $0.end }
    }

    /// Waits for `count` lines that satisfy `condition`, from the beginning on.
    package func lines(_ count: Int = 1, where condition: (String) -> Bool) async throws -> [String] {
        let found: [String]? = try await record.wait { state in
            let found = state.lines.filter(condition)
            return found.count >= count
                ? .some(Array(found.prefix(count))) : state.end != nil ? .some(nil) : nil
        }
        guard let found else {
            throw ProgramError(description: "ended after these lines:\n" + lines.joined(separator: "\n"))
        }
        return found
    }

    /// Waits for a line that has `text` in it.
    @discardableResult
    package func line(with text: String) async throws -> String {
        try await lines { $0.contains(text) }[0]
    }
}

/// Why a program did not do what a test waits for.
package struct ProgramError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}
