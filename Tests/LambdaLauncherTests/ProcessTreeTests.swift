import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import LambdaLauncher

/// Shell text that starts a descendant and prints its process id once it is what it is meant to be.
private enum Descendant: String, CaseIterable {
    case child = "sleep 1000 & echo $!"
    case withoutOutputs = "sleep 1000 >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- & echo $!"
    /// Two forks, a session of its own, and nothing in its environment that tells where it comes from.
    case stray = "p=$(setsid env -i /bin/sh -c 'echo $$; exec sleep 1000 >/dev/null' &); echo $p"
    case strayWithoutOutputs = """
        p=$(setsid env -i /bin/sh -c 'echo $$; exec sleep 1000 >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&-' &)
        echo $p
        """
    case ofADeepTree = """
        p=$(sh -c 'sh -c "echo \\$\\$; exec sleep 1000 >/dev/null" & exec sleep 1000 >/dev/null' &); echo $p
        """
    case thatIgnoresSignals =
        "p=$(sh -c 'trap \"\" TERM INT HUP; echo $$; exec sleep 1000 >/dev/null' &); echo $p"
}

@Suite("Everything that a process starts (real processes)", .timeLimit(.minutes(1)))
struct ProcessTreeTests {
    @Test("it ends when the process exits", arguments: Descendant.allCases)
    private func exit(descendant: Descendant) async throws {
        try await withLauncher { launcher async throws in
            let (lines, end) = try await launcher.run(script(descendant.rawValue)).finish()
            #expect(end == .exited(code: 0))
            let pid = try #require(pid_t(lines.first?.text ?? ""))
            #expect(!exists(pid))
        }
    }

    @Test("it ends when the process is killed", arguments: Descendant.allCases)
    private func kill(descendant: Descendant) async throws {
        try await withLauncher { launcher async throws in
            let running = launcher.run(script(descendant.rawValue + "; exec sleep 1000"))
            let pid = try #require(pid_t(await running.nextLine()))
            #expect(exists(pid))
            running.process.kill()
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
            #expect(!exists(pid))
        }
    }

    @Test("it ends at shutdown, which reports every end", arguments: Descendant.allCases)
    private func shutdown(descendant: Descendant) async throws {
        let launcher = makeLauncher()
        try launcher.start()
        let running = launcher.run(script(descendant.rawValue + "; exec sleep 1000"))
        let pid = try #require(pid_t(await running.nextLine()))
        await launcher.shutdown()
        #expect(!exists(pid))
        #expect(!exists(try await running.process.pid.get()))
        #expect(try await running.finish().end == .signalled(number: SIGKILL))
    }

    @Test(
        "it ends, and the daemon is told, when the launcher is killed",
        arguments: [Descendant.child, .stray]
    )
    private func lostLauncher(descendant: Descendant) async throws {
        let (losses, loss) = AsyncStream.makeStream(of: ProcessEnd.self)
        let launcher = makeLauncher { end in
            loss.yield(end)
            loss.finish()
        }
        try await withLauncher(launcher) { launcher async throws in
            let running = launcher.run(script(descendant.rawValue + "; exec sleep 1000"))
            _ = await running.nextLine()
            let guardPID = try parent(of: try await running.process.pid.get())
            Glibc.kill(try parent(of: guardPID), SIGKILL)
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
            #expect(await losses.reduce(into: []) { $0.append($1) } == [.signalled(number: SIGKILL)])
            let end = try await launcher.run(script("")).process.end.get()
            #expect(end == .failedToStart(reason: "trellis-launcher is not running"))
        }
    }

    @Test("the process itself ends when its guard is killed, even as another user")
    func lostGuard() async throws {
        try await withLauncher { launcher async throws in
            var plan = script("echo; exec sleep 1000")
            plan.user = geteuid() == 0 ? UserIdentity(uid: 12_345, gid: 12_345) : nil
            let running = launcher.run(plan)
            _ = await running.nextLine()
            // Once the guard has told of it: killed before, it would have started nothing.
            let pid = try await running.process.pid.get()
            Glibc.kill(try parent(of: pid), SIGKILL)
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
        }
    }

    @Test("the launcher and the processes outlive signals that are meant for the daemon")
    func signals() async throws {
        try await withLauncher { launcher async throws in
            let running = launcher.run(
                script("trap 'exit 5' USR1; echo $$; while :; do sleep 1000 & wait; done")
            )
            let pid = try #require(pid_t(await running.nextLine()))
            let guardPID = try parent(of: pid)
            for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] {
                Glibc.kill(guardPID, number)
                Glibc.kill(try parent(of: guardPID), number)
            }
            #expect(try await launcher.run(script("exit 4")).process.end.get() == .exited(code: 4))
            running.process.signal(SIGUSR1)
            #expect(try await running.finish().end == .exited(code: 5))
        }
    }

    @Test("a launcher that was never started, or was shut down, starts nothing")
    func notRunning() async throws {
        let launcher = makeLauncher()
        let notRunning = ProcessEnd.failedToStart(reason: "trellis-launcher is not running")
        #expect(try await launcher.run(script("")).process.end.get() == notRunning)
        await launcher.shutdown()
        try launcher.start()
        await launcher.shutdown()
        await launcher.shutdown()
        #expect(try await launcher.run(script("")).process.end.get() == notRunning)
    }

    @Test("a launcher that is not installed says so")
    func missingLauncher() {
        let launcher = ProcessLauncher(
            executable: "/no/such/trellis-launcher",
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            logger: quiet
        ) { _ in }
        let text =
            "starting /no/such/trellis-launcher, which belongs beside trellis: No such file or directory"
        #expect(throws: LauncherError(text)) {
            try launcher.start()
        }
    }
}
