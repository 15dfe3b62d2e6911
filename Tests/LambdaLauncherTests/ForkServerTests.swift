import Foundation
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import LambdaLauncher

/// Says whether it was forked, and by whom; then waits.
private let waiting = """
    import os, signal, sys
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    print('forked' if 'lambda_fork_server' in sys.modules else 'started anew', os.getpid(), flush=True)
    while True:
        signal.pause()
    """

/// Starts a grandchild with a session of its own, prints its process id, and waits.
private let stray = """
    import os, signal
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            os.write(write_end, str(os.getpid()).encode())
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    print(os.read(read_end, 20).decode(), flush=True)
    while True:
        signal.pause()
    """

@Suite("A fork server (real processes)", .timeLimit(.minutes(1)))
struct ForkServerTests {
    /// Runs it up to its first line, and until its guard has told of it: how it came to be, and its process
    /// id.
    private func start(
        _ plan: LaunchPlan,
        _ launcher: ProcessLauncher
    ) async throws -> (running: RunningProcess, how: String, pid: pid_t) {
        let running = launcher.run(plan)
        let line = await running.nextLine()
        let words = line.split(separator: " ")
        let pid = try #require(words.last.flatMap { pid_t($0) }, "\(line)")
        _ = try await running.process.pid.get()
        return (running, words.dropLast().joined(separator: " "), pid)
    }

    /// The fork server's process id, told by an instance of it.
    private func server(of instance: pid_t) throws -> pid_t {
        try parent(of: parent(of: instance))
    }

    @Test("it forks again and again, and a killed fork reports its end")
    func forks() async throws {
        let plan = try PythonFunction(waiting)
        try await withLauncher { launcher async throws in
            var servers: Set<pid_t> = []
            for number in [SIGTERM, SIGKILL, SIGTERM] {
                let (running, how, pid) = try await start(plan.plan(), launcher)
                #expect(how == "forked")
                #expect(try await running.process.pid.get() == pid)
                servers.insert(try server(of: pid))
                running.process.signal(number)
                #expect(try await running.finish().end == .signalled(number: number))
                #expect(!exists(pid))
            }
            #expect(servers.count == 1)
        }
    }

    @Test("its forks outlive it and report their ends, and another takes its place")
    func death() async throws {
        let function = try PythonFunction(waiting)
        try await withLauncher { launcher async throws in
            let first = try await start(function.plan(), launcher)
            try #require(first.how == "forked")
            let old = try server(of: first.pid)
            let guardPID = try parent(of: first.pid)
            let launcherPID = try parent(of: parent(of: old))
            kill(old, SIGKILL)
            // Those that come while it dies are started anew, but for one that it had made ahead.
            var all = [first]
            repeat {
                all.append(try await start(function.plan(), launcher))
            } while try all.last?.how != "forked"
                || [old, launcherPID].contains(server(of: all.last?.pid ?? 0))
            #expect(exists(first.pid))
            // Which reaps it.
            #expect(try parent(of: guardPID) == launcherPID)
            for each in all {
                each.running.process.kill()
                #expect(try await each.running.finish().end == .signalled(number: SIGKILL))
                #expect(!exists(each.pid))
            }
        }
    }

    @Test("whatever a fork has started ends with it")
    func tree() async throws {
        let function = try PythonFunction(stray)
        try await withLauncher { launcher async throws in
            let (running, _, pid) = try await start(function.plan(), launcher)
            running.process.kill()
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
            #expect(!exists(pid))
        }
    }

    @Test("a fork ends when its guard is killed")
    func lostGuard() async throws {
        let function = try PythonFunction(waiting)
        try await withLauncher { launcher async throws in
            let (running, _, pid) = try await start(function.plan(), launcher)
            kill(try parent(of: pid), SIGKILL)
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
        }
    }

    @Test("when the launcher is killed, forks and all that they have started end")
    func lostLauncher() async throws {
        let function = try PythonFunction(stray)
        try await withLauncher { launcher async throws in
            let (running, _, _) = try await start(function.plan(), launcher)
            let fork = try await running.process.pid.get()
            kill(try parent(of: parent(of: server(of: fork))), SIGKILL)
            // Each of them holds the outputs open.
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
        }
    }

    @Test("at shutdown it ends, and its forks")
    func shutdown() async throws {
        let function = try PythonFunction(stray)
        let launcher = makeLauncher()
        try launcher.start()
        let (running, _, pid) = try await start(function.plan(), launcher)
        let fork = try await running.process.pid.get()
        let server = try server(of: fork)
        await launcher.shutdown()
        #expect(![pid, fork, server].contains(where: exists))
        #expect(try await running.finish().end == .signalled(number: SIGKILL))
    }

    @Test("where it can't be had, processes are started anew", arguments: ["/no/such/file", "-c", "--help"])
    func noServer(argument: String) async throws {
        let function = try PythonFunction(waiting)
        var plan = function.plan()
        plan.forkServer?.arguments = [argument]
        try await withLauncher { launcher async throws in
            for _ in 0..<3 {
                let (running, how, _) = try await start(plan, launcher)
                #expect(how == "started anew")
                running.process.kill()
                let (lines, end) = try await running.finish()
                #expect(lines.isEmpty)
                #expect(end == .signalled(number: SIGKILL))
            }
        }
    }

    @Test("what a fork can't do fails in the words of any start")
    func failures() async throws {
        var plan = try PythonFunction(waiting).plan()
        plan.workingDirectory = "/no/such/folder"
        var noUser = try PythonFunction(waiting).plan()
        noUser.user = UserIdentity(uid: .max, gid: 1)
        try await withLauncher { launcher async throws in
            let reason = "working directory /no/such/folder: No such file or directory"
            #expect(try await launcher.run(plan).finish().end == .failedToStart(reason: reason))
            let user = LauncherEvent.Stage.user.reason(errno: EINVAL, plan: noUser)
            #expect(try await launcher.run(noUser).finish().end == .failedToStart(reason: user))
        }
    }

    @Test("a fork that is killed before it is there does not start")
    func killedEarly() async throws {
        let function = try PythonFunction(waiting)
        try await withLauncher { launcher async throws in
            let first = try await start(function.plan(), launcher)
            try #require(first.how == "forked")
            let server = try server(of: first.pid)
            kill(server, SIGSTOP)
            let second = launcher.run(function.plan())
            second.process.kill()
            // Only now the server hears of it.
            let third = launcher.run(function.plan())
            kill(server, SIGCONT)
            #expect(try await second.finish().end == .signalled(number: SIGKILL))
            #expect(await third.nextLine().hasPrefix("forked"))
        }
    }

    @Test("a hundred forks at once leave no descriptor behind", .enabled(if: geteuid() == 0))
    func noLeak() async throws {
        await #expect(processExitsWith: .success) {
            _ = raiseOpenFileLimit()
            let function = try PythonFunction(waiting)
            try await withLauncher { launcher async throws in
                let first = launcher.run(function.plan())
                _ = await first.nextLine()
                let server = try parent(of: parent(of: try await first.process.pid.get()))
                let launcherPID = try parent(of: parent(of: server))
                let before = try [server, launcherPID, getpid()].map(descriptorCount)
                let all = (0..<100).map { _ in launcher.run(function.plan()) }
                for running in all {
                    #expect(await running.nextLine().hasPrefix("forked"))
                    running.process.kill()
                    #expect(try await running.finish().end == .signalled(number: SIGKILL))
                }
                // A process of its own: what was sent before has been received then.
                #expect(try await launcher.run(script("")).process.end.get() == .exited(code: 0))
                let after = try [server, launcherPID, getpid()].map(descriptorCount)
                #expect(zip(before, after).allSatisfy { $1 <= $0 + 8 }, "\(before) \(after)")
            }
        }
    }

    @Test("what waits for a server that hangs is started anew, once")
    func hanging() async throws {
        let function = try PythonFunction(waiting)
        try await withLauncher(makeLauncher(forkTimeMax: .seconds(10))) { launcher async throws in
            let first = try await start(function.plan(), launcher)
            try #require(first.how == "forked")
            kill(try server(of: first.pid), SIGSTOP)
            var next = try await start(function.plan(), launcher)
            if next.how == "forked" {  // ahead, before the server came to hang
                next.running.process.kill()
                next = try await start(function.plan(), launcher)
            }
            #expect(next.how == "started anew")
            next.running.process.kill()
            let (lines, end) = try await next.running.finish()
            #expect(lines.isEmpty)
            #expect(end == .signalled(number: SIGKILL))
            #expect(exists(first.pid))
        }
    }
}

private func descriptorCount(of pid: pid_t) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
}
