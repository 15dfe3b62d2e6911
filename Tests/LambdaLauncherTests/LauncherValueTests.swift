import Glibc
import NIOCore
import Testing

@testable import LambdaLauncher

@Suite("Values around a process")
struct LauncherValueTests {
    @Test(
        "an end reads as a sentence's end",
        arguments: [
            (ProcessEnd(waitStatus: 0), "exit status 0"),
            (ProcessEnd(waitStatus: 3 << 8), "exit status 3"),
            (ProcessEnd(waitStatus: SIGKILL), "killed by SIGKILL"),
            (ProcessEnd(waitStatus: SIGSEGV | 0x80), "killed by SIGSEGV"),
            (ProcessEnd(waitStatus: 40), "killed by signal 40"),
            (
                .failedToStart(reason: "/x: No such file or directory"),
                "could not be started: /x: No such file or directory"
            ),
        ]
    )
    func ends(end: ProcessEnd, text: String) {
        #expect(end.description == text)
    }

    @Test(
        "a failure says what failed, and for whom",
        arguments: [
            (LauncherEvent.Stage.fork, EAGAIN, "no process could be made: Resource temporarily unavailable"),
            (.limits, EPERM, "its resource limits could not be set: Operation not permitted"),
            (
                .user, EPERM,
                "it could not become user 5, group 6, which only a daemon that runs as root can do"
                    + ": Operation not permitted"
            ),
            (.directory, ENOENT, "working directory /w: No such file or directory"),
            (.execute, ENOENT, "/bin/x: No such file or directory"),
        ]
    )
    func reasons(stage: LauncherEvent.Stage, errno: Int32, text: String) {
        var plan = LaunchPlan(name: "n", executable: "/bin/x", workingDirectory: "/w")
        plan.user = UserIdentity(uid: 5, gid: 6)
        #expect(stage.reason(errno: errno, plan: plan) == text)
    }

    @Test("bytes that are no event are not taken for one")
    func foreignEvents() {
        for length in [0, 1, 23, 24, 25] {
            #expect(LauncherEvent(ByteBuffer(repeating: 0xff, count: length)) == nil)
        }
    }

    @Test("the launcher is looked for beside the running program")
    func defaultExecutable() throws {
        let program = try #require(realpath("/proc/self/exe", nil))
        defer { free(program) }
        let folder = String(cString: program).split(separator: "/").dropLast().joined(separator: "/")
        #expect(ProcessLauncher.defaultExecutable == "/\(folder)/trellis-launcher")
    }

    @Test("raising the limit of open files tells what it was")
    func openFileLimit() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 500)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            #expect(raiseOpenFileLimit() == 100)
            #expect(raiseOpenFileLimit() == 500)
        }
    }
}
