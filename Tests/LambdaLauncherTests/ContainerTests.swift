import Foundation
import Glibc
import NIOCore
import Testing

@testable import LambdaLauncher

/// Real containers by crun, and where it says so by runc, in the ways that this machine allows.
@Suite(
    "A process in a container (real containers)",
    .enabled("this machine makes no containers by crun") { await TestContainers.work(by: .crun) },
    .timeLimit(.minutes(2))
)
struct ContainerTests {
    /// Writes the anonymous memory of as many MiB as the text says.
    private static func hog(mebibytes: Int) -> String {
        "exec python3 -IS -c 'b = bytearray(\(mebibytes) << 20)\nimport signal; signal.pause()'"
    }

    private func lines(of plan: LaunchPlan, by kind: OCIRuntime.Kind = .crun) async throws -> [String] {
        var lines: [String] = []
        try await TestContainers.with(kind) { launcher, _, _ async throws in
            let (output, end) = try await launcher.run(plan).finish()
            #expect(end == .exited(code: 0), "\(output)")
            lines = output.map(\.text)
        }
        return lines
    }

    @Test("it has no capability, no new privileges, a seccomp filter, and nobody's user")
    func privileges() async throws {
        let script = "grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t'; id -u; id -G"
        let lines = try await lines(of: contained(script))
        let none = "0000000000000000"
        #expect(
            lines == [
                "CapInh:\(none)", "CapPrm:\(none)", "CapEff:\(none)", "CapBnd:\(none)", "CapAmb:\(none)",
                "NoNewPrivs:1", "Seccomp:2", "\(geteuid() == 0 ? 65_534 : geteuid())",
                "\(geteuid() == 0 ? 65_534 : getegid())",
            ]
        )
    }

    @Test("runc makes the same walls", .enabled("no runc") { await TestContainers.work(by: .runc) })
    func runc() async throws {
        let script = """
            grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t'
            echo $$; touch /new 2>/dev/null || echo walled; touch /tmp/new && echo private
            """
        #expect(
            try await lines(of: contained(script), by: .runc) == [
                "CapEff:0000000000000000", "NoNewPrivs:1", "Seccomp:2", "1", "walled", "private",
            ]
        )
    }

    @Test("it writes to its own /tmp and to volumes that are rw, and nowhere else")
    func files() async throws {
        try await TestContainers.with { launcher, _, folder async throws in
            for name in ["code", "data"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)",
                    withIntermediateDirectories: true
                )
                chmod("\(folder)/\(name)", 0o777)
            }
            let script = """
                for place in / /usr /etc /bin /lambda /proc /proc/sys/kernel /dev /sys /run /dev/shm /tmp \
                    /data; do
                    (: > $place/trellis-test) 2>/dev/null && echo $place
                done
                """
            let plan = contained(
                script,
                ContainerPlan(
                    mounts: [
                        .init(source: "\(folder)/code", destination: "/lambda"),
                        .init(source: "\(folder)/data", destination: "/data", isReadOnly: false),
                    ]
                )
            )
            let (output, _) = try await launcher.run(plan).finish()
            #expect(output.map(\.text) == ["/dev/shm", "/tmp", "/data"])
            #expect(access("\(folder)/data/trellis-test", F_OK) == 0)
            #expect(access("/tmp/trellis-test", F_OK) != 0)
        }
    }

    @Test("it sees no process but its own, and is their first")
    func processes() async throws {
        let lines = try await lines(of: contained("echo $$; set -- /proc/[0-9]*; echo $*"))
        #expect(lines == ["1", "/proc/1"])
    }

    @Test("it sees /sys only when told, and can write to no control group then")
    func sysfs() async throws {
        let script = """
            ls /sys 2>/dev/null | wc -l
            find /sys -writable 2>/dev/null | head -n 3
            awk '$5 ~ "^/sys" && $6 !~ "^ro"' /proc/self/mountinfo
            """
        #expect(try await lines(of: contained(script)) == ["0"])
        let seen = try await lines(of: contained(script, ContainerPlan(showsSysfs: true)))
        #expect(seen.count == 1 && seen != ["0"], "\(seen)")
    }

    @Test("it opens the devices of its plan as it says, and no other")
    func devices() async throws {
        guard geteuid() == 0 else { return print("SKIPPED: only root can make a device for the test") }
        try await TestContainers.with { launcher, _, folder async throws in
            // The numbers of the kernel's log, which is on no container's list and which anybody may write to
            // if only the node is open.
            let allowed = "/dev/trellis-test-\(UInt32.random(in: 0 ... .max))"
            let other = "\(folder)/other"
            defer { unlink(allowed) }
            for path in [allowed, other] {
                #expect(mknod(path, S_IFCHR | 0o666, makedev(1, 11)) == 0)
                chmod(path, 0o666)
            }
            let script = """
                (: > \(allowed)) 2>/dev/null && echo written
                (: > /seen/other) 2>/dev/null && echo other
                (: > /dev/null) && echo null
                """
            let mounts = [ContainerPlan.Mount(source: folder, destination: "/seen", isReadOnly: false)]
            for (devices, expected) in [
                ([], ["null"]),
                ([ContainerPlan.Device(path: allowed)], ["null"]),
                ([ContainerPlan.Device(path: allowed, isReadOnly: false)], ["written", "null"]),
            ] {
                let container = ContainerPlan(mounts: mounts, devices: devices)
                let (lines, _) = try await launcher.run(contained(script, container)).finish()
                #expect(lines.map(\.text) == expected)
            }
        }
    }

    @Test("it gets the groups that own a volume, where the plan says so")
    func groups() async throws {
        guard geteuid() == 0 else { return print("SKIPPED: only root can give a file to another group") }
        try await TestContainers.with { launcher, _, folder async throws in
            chown(folder, 0, 4_711)
            for isAdded in [false, true] {
                let container = ContainerPlan(
                    mounts: [.init(source: folder, destination: "/data", addsGroupOwner: isAdded)]
                )
                let (lines, _) = try await launcher.run(contained("id -G", container)).finish()
                #expect(lines.map(\.text) == [isAdded ? "65534 4711" : "65534"])
            }
        }
    }

    @Test("the calls that lead out of a container are refused")
    func systemCalls() async throws {
        let script = """
            import ctypes, errno, os
            libc = ctypes.CDLL(None, use_errno=True)
            numbers = {'unshare': 272, 'mount': 165, 'ptrace': 101, 'keyctl': 250, 'bpf': 321, 'setns': 308}
            for name, number in numbers.items():
                libc.syscall(number, 0, 0, 0, 0, 0)
                print(name, errno.errorcode[ctypes.get_errno()])
            libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
            print('clone', errno.errorcode[ctypes.get_errno()])
            libc.syscall(435, 0, 0)
            print('clone3', errno.errorcode[ctypes.get_errno()])
            """
        #if arch(x86_64)
        var plan = contained("")
        plan.executable = "/usr/bin/python3"
        plan.arguments = ["-IS", "-c", script]
        #expect(
            try await lines(of: plan) == [
                "unshare EPERM", "mount EPERM", "ptrace EPERM", "keyctl EPERM", "bpf EPERM", "setns EPERM",
                "clone EPERM", "clone3 ENOSYS",
            ]
        )
        #endif
    }

    @Test("its six outputs and its input are those of a plain process")
    func descriptors() async throws {
        try await TestContainers.with { launcher, _, _ async throws in
            let script =
                "read line; for n in 1 2 3 4 5 6; do echo $line $n >&$n; done; "
                + "ls /proc/self/fd | wc -l"
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            _ = write(ends[1], "in\n", 3)
            close(ends[1])
            let (stream, continuation) = AsyncStream.makeStream(of: Line.self)
            _ = launcher.launch(contained(script), input: ends[0]) { level, line in
                continuation.yield(Line(level: level, text: String(buffer: line)))
            } onEnd: { _ in
                continuation.finish()
            }
            var lines: Set<Line> = []
            for await line in stream { lines.insert(line) }
            var expected = Set(
                LogLevel.byDescriptor.enumerated().map { Line(level: $1, text: "in \($0 + 1)") }
            )
            // And the folder that `ls` reads.
            expected.insert(Line(level: .info, text: "8"))
            #expect(lines == expected)
        }
    }

    @Test("the kernel ends what wants too much memory, and that is told from any other kill, every time")
    func outOfMemory() async throws {
        try await TestContainers.with { launcher, support, _ async throws in
            guard case .controlGroups = support.memoryLimit else {
                return print("SKIPPED: no control groups limit memory on this machine")
            }
            let container = ContainerPlan(memoryBytesMax: 32 << 20)
            for _ in 0..<10 {
                let (_, end) = try await launcher.run(contained(Self.hog(mebibytes: 64), container)).finish()
                #expect(end == .outOfMemory)
                let running = launcher.run(contained("echo up; exec sleep 1000", container))
                #expect(await running.nextLine() == "up")
                running.process.kill()
                #expect(try await running.finish().end == .signalled(number: SIGKILL))
            }
        }
    }

    @Test("without control groups the daemon ends what wants too much memory")
    func watchdog() async throws {
        try await TestContainers.with(hasControlGroups: false) { launcher, support, _ async throws in
            guard case .watchdog = support.memoryLimit else {
                Issue.record("\(support.description)")
                return
            }
            let container = ContainerPlan(memoryBytesMax: 32 << 20)
            // The child of the first process is the one that is too large.
            let script = "(\(Self.hog(mebibytes: 64))) & wait"
            #expect(try await launcher.run(contained(script, container)).finish().end == .outOfMemory)
            let modest = try await launcher.run(contained("echo fine", container)).finish()
            #expect(modest.lines.map(\.text) == ["fine"] && modest.end == .exited(code: 0))
        }
    }

    @Test("its end takes all it has started along, and leaves no file, state, mount or control group")
    func leftovers() async throws {
        var folder = ""
        var groups: ControlGroups?
        try await TestContainers.with { launcher, support, own async throws in
            folder = own.replacing("/folder", with: "/containers")
            groups = support.controlGroups
            let running = launcher.run(contained("setsid sleep 1000 & echo up; exec sleep 1000"))
            #expect(await running.nextLine() == "up")
            let pid = try await running.process.pid.get()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
            running.process.signal(SIGKILL)
            _ = try await running.finish()
            #expect(!exists(pid))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["state"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/state") == [])
        }
        #expect(access(folder, F_OK) != 0)
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        #expect(!mounts.contains(folder))
        for tree in groups?.trees ?? [] {
            #expect(access(tree + (groups?.group(of: "container-2") ?? ""), F_OK) != 0, "\(tree)")
        }
    }

    @Test("it ends with its guard, and what the runtime kept of it is gone too")
    func guardKilled() async throws {
        try await TestContainers.with { launcher, support, folder async throws in
            let running = launcher.run(contained("echo up; exec sleep 1000"))
            #expect(await running.nextLine() == "up")
            let pid = try await running.process.pid.get()
            kill(try parent(of: pid), SIGKILL)
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
            #expect(!exists(pid))
            let state = folder.replacing("/folder", with: "/containers/state")
            #expect(try FileManager.default.contentsOfDirectory(atPath: state) == [])
            #expect(support.controlGroups.map { access($0.counter(of: "container-2"), F_OK) } != 0)
        }
    }

    @Test("what the runtime says when it fails is the reason")
    func failure() async throws {
        try await TestContainers.with { launcher, _, _ async throws in
            let container = ContainerPlan(mounts: [.init(source: "/nowhere/at/all", destination: "/data")])
            let missing = try await launcher.run(contained("", container)).finish().end
            guard case .failedToStart(let reason) = missing else {
                Issue.record("it started")
                return
            }
            #expect(reason.contains("/nowhere/at/all"), "\(reason)")
            var plan = contained("")
            plan.executable = "/no/such/program"
            let end = try await launcher.run(plan).finish().end
            let text = "\(end)"
            #expect(text.contains("could not be started") && text.contains("/no/such/program"), "\(text)")
        }
    }
}

private func makedev(_ major: UInt64, _ minor: UInt64) -> dev_t {
    dev_t(major << 8 | minor)
}
