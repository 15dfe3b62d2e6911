import Foundation
import Glibc
import NIOCore
import Testing

@testable import LambdaLauncher

@Suite("What a started process finds (real processes)", .timeLimit(.minutes(1)))
struct ProcessStartTests {
    private func lines(of plan: LaunchPlan, limit: UInt64? = nil) async throws -> [String] {
        var lines: [String] = []
        try await withLauncher(makeLauncher(openFileLimit: limit)) { launcher async throws in
            let (output, end) = try await launcher.run(plan).finish()
            #expect(end == .exited(code: 0))
            lines = output.map(\.text)
        }
        return lines
    }

    @Test("its environment is exactly the plan's")
    func environment() async throws {
        var plan = script("", environment: ["A": "1", "EMPTY": "", "EQUALS": "a=b", "LINES": "é"])
        plan.executable = "/usr/bin/env"
        plan.arguments = []
        let output = try await lines(of: plan)
        #expect(output.sorted() == ["A=1", "EMPTY=", "EQUALS=a=b", "LINES=é"])
    }

    @Test("its arguments are exactly the plan's")
    func arguments() async throws {
        var plan = script("")
        plan.executable = "/usr/bin/printf"
        plan.arguments = ["<%s>\\n", "a b", "", "*", "ü"]
        let output = try await lines(of: plan)
        #expect(output == ["<a b>", "<>", "<*>", "<ü>"])
    }

    @Test("it starts in its working directory, with nothing to read on standard input")
    func directoryAndInput() async throws {
        var plan = script("pwd; readlink /proc/$$/fd/0; cat")
        plan.workingDirectory = "/usr/bin"
        let output = try await lines(of: plan)
        #expect(output == ["/usr/bin", "/dev/null"])
    }

    @Test("it has descriptors 0 to 6 and no others")
    func descriptors() async throws {
        let plan = script("ls /proc/$$/fd; :")
        let output = try await lines(of: plan)
        #expect(output == ["0", "1", "2", "3", "4", "5", "6"])
    }

    @Test("it leads a session of its own, without a terminal")
    func session() async throws {
        let plan = script(
            "read pid name state parent group session tty rest </proc/$$/stat; echo $group $session $tty $$"
        )
        let words = try await lines(of: plan).first?.split(separator: " ") ?? []
        try #require(words.count == 4)
        #expect(words[0] == words[3])
        #expect(words[1] == words[3])
        #expect(words[2] == "0")
    }

    @Test("no signal is blocked or ignored")
    func signals() async throws {
        var plan = script("")
        plan.executable = "/bin/grep"
        plan.arguments = ["-E", "^Sig(Blk|Ign):", "/proc/self/status"]
        let masks = try await lines(of: plan).map { UInt64($0.dropFirst("SigBlk:\t".count), radix: 16) }
        try #require(masks.count == 2)
        #expect(masks[0] == 0)
        // 32 and 33 are the C library's own: nobody may change them, and the tests may have been started like
        // that.
        #expect(masks[1].map { $0 & ~(0b11 << 31) } == 0)
    }

    @Test("its limit of open files is the given one, and it leaves no core file")
    func limits() async throws {
        let plan = script("ulimit -Sn; ulimit -Sc; ulimit -Hc")
        let output = try await lines(of: plan, limit: 77)
        #expect(output == ["77", "0", "0"])
    }

    @Test("it runs as the plan's user and group, with no other groups", .enabled(if: geteuid() == 0))
    func user() async throws {
        var plan = script("id -u; id -g; id -G")
        plan.user = UserIdentity(uid: 12_345, gid: 54_321)
        let output = try await lines(of: plan)
        #expect(output == ["12345", "54321", "54321"])
    }

    @Test(
        "a user or group that the kernel would take for \"no change\" is refused",
        arguments: [UserIdentity(uid: .max, gid: 1), UserIdentity(uid: 1, gid: .max)]
    )
    func noUser(user: UserIdentity) async throws {
        try await withLauncher { launcher async throws in
            var plan = script("id -u")
            plan.user = user
            let reason = LauncherEvent.Stage.user.reason(errno: EINVAL, plan: plan)
            #expect(try await launcher.run(plan).process.end.get() == .failedToStart(reason: reason))
        }
    }

    @Test(
        "what can't be started says why",
        arguments: [
            ("/no/such/python3.9", "/", "/no/such/python3.9: No such file or directory"),
            ("/etc/passwd", "/", "/etc/passwd: Permission denied"),
            ("/bin/sh", "/no/such/folder", "working directory /no/such/folder: No such file or directory"),
        ]
    )
    func failures(executable: String, folder: String, reason: String) async throws {
        try await withLauncher { launcher async throws in
            let plan = LaunchPlan(name: "bad", executable: executable, workingDirectory: folder)
            let running = launcher.run(plan)
            let (output, end) = try await running.finish()
            #expect(output.isEmpty)
            #expect(end == .failedToStart(reason: reason))
            await #expect(throws: LauncherError(reason)) { try await running.process.pid.get() }
        }
    }

    @Test("only root can change the user", .enabled(if: geteuid() != 0))
    func impossibleUser() async throws {
        try await withLauncher { launcher async throws in
            var plan = script("")
            plan.user = UserIdentity(uid: 1, gid: 1)
            let reason = LauncherEvent.Stage.user.reason(errno: EPERM, plan: plan)
            #expect(try await launcher.run(plan).process.end.get() == .failedToStart(reason: reason))
        }
    }

    @Test("two hundred processes run at the same time")
    func manyAtOnce() async throws {
        await #expect(processExitsWith: .success) {
            _ = raiseOpenFileLimit()
            try await withLauncher { launcher async throws in
                let all = (0..<200).map { _ in launcher.run(script("echo $$; exec sleep 1000")) }
                for running in all {
                    let pid = try await running.process.pid.get()
                    #expect(await running.nextLine() == "\(pid)")
                }
                for running in all {
                    running.process.kill()
                    #expect(try await running.finish().end == .signalled(number: SIGKILL))
                }
            }
        }
    }

    @Test("processes that have ended leave no descriptor open, here or in the launcher")
    func noLeak() async throws {
        await #expect(processExitsWith: .success) {
            // Inherited by the launcher; two hundred leaks would break either. What other tests had open when
            // this process began is not counted.
            let inherited = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            var limit = rlimit(rlim_cur: rlim_t(inherited + 128), rlim_max: rlim_t(inherited + 128))
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try await withLauncher { launcher async throws in
                for _ in 0..<50 {
                    let batch = (0..<4).map { _ in launcher.run(script("echo started")) }
                    for running in batch {
                        let (lines, end) = try await running.finish()
                        #expect(lines.map(\.text) == ["started"])
                        #expect(end == .exited(code: 0))
                    }
                }
            }
        }
    }
}
