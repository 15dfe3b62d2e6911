import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import LambdaLauncher

/// Waits with a secret in its environment, a module and a file of its own.
private let victim = """
    import os, random, signal
    import secret_module
    secret_file = open(__file__)
    print(random.random(), flush=True)
    while True:
        signal.pause()
    """

/// Tries to get at the process in its argument, at its guard and at the server.
private let attack = """
    import ctypes, os, random, re, sys

    libc = ctypes.CDLL(None, use_errno=True)

    def parent(pid):
        with open('/proc/{}/stat'.format(pid)) as stat:
            return int(stat.read().rpartition(')')[2].split()[1])

    def leaks():
        victim = int(sys.argv[2])
        guard = parent(victim)
        server = parent(guard)
        for pid in (victim, guard, server):
            for name in ('environ', 'mem', 'maps', 'fd', 'cwd', 'root', 'exe', 'io', 'auxv', 'stack'):
                path = '/proc/{}/{}'.format(pid, name)
                try:
                    if name == 'fd':
                        os.listdir(path)
                    elif name in ('cwd', 'root', 'exe'):
                        os.readlink(path)
                    else:
                        with open(path, 'rb') as file:
                            file.read(1)
                    yield path
                except OSError:
                    pass
            if libc.ptrace(0x4206, pid, 0, 0) == 0:  # PTRACE_SEIZE, which does not stop it
                yield 'ptrace {}'.format(pid)
            pidfd = libc.syscall(434, pid, 0)
            for descriptor in range(16):
                if libc.syscall(438, pidfd, descriptor, 0) >= 0:  # pidfd_getfd
                    yield 'descriptor {} of {}'.format(descriptor, pid)
        if 'secret_module' in sys.modules or 'SECRET' in os.environ:
            yield 'module or variable'

    def memory():
        with open('/proc/self/maps') as maps:
            for line in maps:
                addresses, mode = line.split()[:2]
                begin, end = (int(address, 16) for address in addresses.split('-'))
                if mode.startswith('rw'):
                    yield ctypes.string_at(begin, end - begin)

    leaks = list(leaks())
    # This pattern does not match itself.
    leaks += sum((re.findall(rb'victims-[0-9a-f]{32}', chunk) for chunk in memory()), [])
    print(random.random())
    print(leaks)
    sys.stdout.flush()
    os._exit(0)
    """

@Suite("Two functions of one fork server (real processes)", .timeLimit(.minutes(1)))
struct ForkWallTests {
    private let secret = "victims-" + String(repeating: "0123456789abcdef", count: 2)

    /// Everything that `attacker` finds of a function that runs as `user`.
    private func leaks(
        to attacker: UserIdentity?,
        from user: UserIdentity?,
        isFast: Bool = true
    ) async throws -> String {
        let attackingFunction = try PythonFunction(attack)
        var leaks = ""
        try await withLauncher { launcher async throws in
            // The same runtime, so that it is the same server.
            try attackingFunction.folder.write(victim.utf8, to: "victim/function.py")
            try attackingFunction.folder.write([], to: "victim/secret_module.py")
            var plan = attackingFunction.plan(
                isFast: isFast,
                environment: ["SECRET": secret, "AWS_CONTAINER_AUTHORIZATION_TOKEN": secret],
                user: user
            )
            plan.workingDirectory += "/victim"
            let running = launcher.run(plan)
            let number = await running.nextLine()
            #expect(number.hasPrefix("0."))
            let pid = try await running.process.pid.get()
            let (lines, end) = try await launcher.run(
                attackingFunction.plan(arguments: ["\(pid)"], user: attacker)
            ).finish()
            try #require(end == .exited(code: 0) && lines.count == 2, "\(lines)")
            #expect(lines[0].text != number)
            leaks = lines[1].text
            running.process.kill()
            #expect(try await running.finish().end == .signalled(number: SIGKILL))
        }
        return leaks
    }

    @Test("cannot look into each other, even as one user, or into their server", .enabled(if: geteuid() == 0))
    func sameUser() async throws {
        #expect(try await leaks(to: PythonFunction.somebody, from: PythonFunction.somebody) == "[]")
    }

    @Test("cannot look into each other as different users", .enabled(if: geteuid() == 0))
    func otherUser() async throws {
        let other = UserIdentity(uid: 12_346, gid: 54_321)
        #expect(try await leaks(to: other, from: PythonFunction.somebody) == "[]")
    }

    @Test("have nothing of each other in their own memory")
    func memory() async throws {
        #expect(!(try await leaks(to: nil, from: nil)).contains("victims"))
    }
}
