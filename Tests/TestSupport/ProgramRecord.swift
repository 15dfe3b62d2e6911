import Foundation
import Glibc
import NIOConcurrencyHelpers

/// What a program has written and how it ended, as a thread of its own finds out.
final class ProgramRecord: Sendable {
    struct State {
        var lines: [String] = []
        fileprivate var pending: [UInt8] = []
        /// Its exit status, or a signal's number as a negative one; known after the end of its output.
        var end: Int32?
        /// Counts what came, so that nobody waits for a change that has happened.
        fileprivate var changeCount = 0
        fileprivate var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    var lines: [String] { state.withLockedValue { $0.lines } }

    var end: Int32? { state.withLockedValue { $0.end } }

    /// Reads to the end of the output, then waits for the end of the program.
    func read(_ output: Int32, of pid: Int32) {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while case let count = Glibc.read(output, &chunk, chunk.count), count > 0 {
            change { state in
                state.pending += chunk.prefix(count)
                var lines = state.pending.split(
                    separator: UInt8(ascii: "\n"),
                    omittingEmptySubsequences: false
                )
                state.pending = Array(lines.removeLast())
                state.lines += lines.map { String(decoding: $0, as: UTF8.self) }
            }
        }
        close(output)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        change { state in
            if !state.pending.isEmpty {
                state.lines.append(String(decoding: state.pending, as: UTF8.self))
            }
            let signal = status & 0x7F
            state.end = signal == 0 ? (status >> 8) & 0xFF : -signal
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLockedValue { state in
            state.changeCount += 1
            body(&state)
        }
        wakeAll()
    }

    /// Waits until `find` finds something; a test that runs out of time stops waiting.
    @discardableResult
    func wait<Found>(_ find: (State) -> Found?) async throws -> Found {
        while true {
            let (found, changeCount) = state.withLockedValue { (find($0), $0.changeCount) }
            if let found {
                return found
            }
            guard !Task.isCancelled else {
                throw ProgramError(
                    description: "out of time after these lines:\n" + lines.joined(separator: "\n")
                )
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustLook = state.withLockedValue { state in
                        guard state.changeCount == changeCount, !Task.isCancelled else { return true }
                        state.waiting.append(continuation)
                        return false
                    }
                    if mustLook {
                        continuation.resume()
                    }
                }
            } onCancel: {
                wakeAll()
            }
        }
    }

    private func wakeAll() {
        let waiting = state.withLockedValue { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting {
            continuation.resume()
        }
    }
}
