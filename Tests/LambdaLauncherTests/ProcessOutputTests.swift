import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import LambdaLauncher

@Suite("Output and end of a process (real processes)", .timeLimit(.minutes(1)))
struct ProcessOutputTests {
    @Test("each descriptor has its level")
    func levels() async throws {
        try await withLauncher { launcher async throws in
            let running = launcher.run(script("for fd in 1 2 3 4 5 6; do echo $fd >&$fd; done"))
            let (lines, end) = try await running.finish()
            let expected: [LogLevel: String] = [
                .info: "1", .error: "2", .debug: "3", .warn: "4", .fatal: "5", .trace: "6",
            ]
            #expect(lines.count == 6)
            #expect(Set(lines) == Set(expected.map { Line(level: $0.key, text: $0.value) }))
            #expect(end == .exited(code: 0))
        }
    }

    @Test("lines keep their order, empty ones count, and a tail without newline is a line")
    func order() async throws {
        try await withLauncher { launcher async throws in
            let (lines, _) = try await launcher.run(script("printf 'a\\n\\nb\\ntail'")).finish()
            #expect(lines.map(\.text) == ["a", "", "b", "tail"])
        }
    }

    @Test("a flood without newlines comes whole, in parts of 64 KiB")
    func flood() async throws {
        try await withLauncher { launcher async throws in
            let sizes = NIOLockedValueBox<[Int]>([])
            let process = launcher.launch(script("head -c 10000000 /dev/zero")) { _, line in
                sizes.withLockedValue { $0.append(line.readableBytes) }
            } onEnd: { _ in
            }
            #expect(try await process.end.get() == .exited(code: 0))
            let seen = sizes.withLockedValue { $0 }
            #expect(seen.reduce(0, +) == 10_000_000)
            #expect(seen.dropLast().allSatisfy { $0 == lineBytesMax })
        }
    }

    @Test("a flood of lines lets others have their turn on the event loop after 4 KiB")
    func turns() async throws {
        try await withLauncher { launcher async throws in
            let lineCount = NIOLockedValueBox(0)
            let turns = AsyncStream<Int>.makeStream()
            let process = launcher.launch(script("exec yes ''")) { _, _ in
                let count = lineCount.withLockedValue { lineCount in
                    lineCount += 1
                    return lineCount
                }
                guard count == 1 else { return }
                MultiThreadedEventLoopGroup.currentEventLoop?.execute {
                    turns.continuation.yield(lineCount.withLockedValue { $0 })
                    turns.continuation.finish()
                }
            } onEnd: { _ in
                turns.continuation.finish()
            }
            for await count in turns.stream {
                #expect((1...outputBytesPerTurn).contains(count))
            }
            #expect(lineCount.withLockedValue { $0 } > 0)
            process.kill()
        }
    }

    @Test(
        "the end tells the exit status or the signal",
        arguments: [
            ("exit 0", ProcessEnd.exited(code: 0)),
            ("exit 3", .exited(code: 3)),
            ("exit 255", .exited(code: 255)),
            ("kill -KILL $$", .signalled(number: SIGKILL)),
            ("kill -SEGV $$", .signalled(number: SIGSEGV)),
        ]
    )
    func end(text: String, expected: ProcessEnd) async throws {
        try await withLauncher { launcher async throws in
            let running = launcher.run(script(text))
            #expect(try await running.finish().end == expected)
            #expect(!exists(try await running.process.pid.get()))
        }
    }

    @Test("a signal reaches the process, which may end in its own way")
    func signal() async throws {
        try await withLauncher { launcher async throws in
            let running = launcher.run(
                script("trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 1000 & wait; done")
            )
            #expect(await running.nextLine() == "ready")
            running.process.signal(SIGTERM)
            let (lines, end) = try await running.finish()
            #expect(lines.map(\.text) == ["asked"])
            #expect(end == .exited(code: 7))
            running.process.kill()  // no harm
        }
    }

    @Test("a kill ends a process that ignores signals")
    func kill() async throws {
        try await withLauncher { launcher async throws in
            let running = launcher.run(
                script("trap '' TERM INT HUP; echo ready; while :; do sleep 1000; done")
            )
            #expect(await running.nextLine() == "ready")
            running.process.signal(SIGTERM)
            running.process.kill()
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
        }
    }

    @Test("an output that a stranger holds open delays the end only for a bounded time")
    func heldOutput() async throws {
        try await withLauncher(makeLauncher(drainTimeMax: .milliseconds(1))) { launcher async throws in
            let running = launcher.run(script("echo ready; exec sleep 1000"))
            #expect(await running.nextLine() == "ready")
            let held = open("/proc/\(try await running.process.pid.get())/fd/1", O_WRONLY | O_CLOEXEC)
            try #require(held >= 0)
            defer { close(held) }
            running.process.kill()
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
        }
    }

    @Test(
        "a plan that no process can have is refused before it is sent",
        arguments: [
            (script("a\0b"), "NUL byte after \"a\""),
            (script("", environment: ["A": "x\0B=y"]), "NUL byte after \"A=x\""),
            (script("", environment: ["A=B": "x"]), "variable named \"A=B\""),
            (script("", environment: ["": "x"]), "variable named \"\""),
            (script(String(repeating: "x", count: 128 * 1024)), "more than the limit of 131072"),
        ]
    )
    func refusedPlan(plan: LaunchPlan, reason: String) async throws {
        try await withLauncher { launcher async throws in
            let end = try await launcher.run(plan).finish().end
            guard case .failedToStart(let text) = end else {
                Issue.record("\(end)")
                return
            }
            #expect(text.contains(reason))
        }
    }

    @Test("the largest plan is carried")
    func largestPlan() async throws {
        try await withLauncher { launcher async throws in
            var plan = script("echo ${#A}", environment: ["A": ""])
            let empty = try LauncherRequest.start(id: 1, plan: plan, openFileLimit: nil).encoded()
                .readableBytes
            plan.environment["A"] = String(repeating: "x", count: 128 * 1024 - empty)
            let (lines, _) = try await launcher.run(plan).finish()
            #expect(lines.map(\.text) == [String(128 * 1024 - empty)])
        }
    }
}
