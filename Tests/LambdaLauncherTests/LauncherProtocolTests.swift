import Glibc
import NIOCore
import Testing

@testable import LambdaLauncher

@Suite("The launcher's side of its socket (real processes)", .timeLimit(.minutes(1)))
struct LauncherProtocolTests {
    private let launcher: RawLauncher

    init() throws {
        launcher = try RawLauncher()
    }

    private func start(_ plan: LaunchPlan, id: UInt64) throws -> ByteBuffer {
        try LauncherRequest.start(id: id, plan: plan, openFileLimit: nil).encoded()
    }

    private func header(id: UInt64, kind: UInt32, number: UInt32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(id, endianness: .host)
        buffer.writeInteger(kind, endianness: .host)
        buffer.writeInteger(number, endianness: .host)
        return buffer
    }

    private func refusal(_ errno: Int32, id: UInt64) -> LauncherEvent {
        LauncherEvent(id: id, kind: .failed(stage: .request, errno: errno))
    }

    private func expectHealth() throws {
        try launcher.send(start(script("exit 9"), id: 1000))
        guard case .started = launcher.nextEvent()?.kind else {
            Issue.record("not started")
            return
        }
        #expect(launcher.nextEvent() == LauncherEvent(id: 1000, kind: .ended(.exited(code: 9))))
        #expect(launcher.end() == .exited(code: 0))
    }

    @Test("a plan that is cut off anywhere is refused")
    func truncated() throws {
        let whole = try start(script("exit 0", environment: ["A": "1", "B": "2"]), id: 7)
        for length in 1..<whole.readableBytes {
            try launcher.send(#require(whole.getSlice(at: 0, length: length)))
            #expect(launcher.nextEvent() == refusal(EBADMSG, id: length < 16 ? 0 : 7))
        }
        try expectHealth()
    }

    @Test("a plan with something behind it, or with absurd counts, is refused")
    func malformedPlan() throws {
        let whole = try start(script("exit 0"), id: 7)
        var longer = whole
        longer.writeInteger(UInt8(0))
        try launcher.send(longer)
        #expect(launcher.nextEvent() == refusal(EBADMSG, id: 7))
        for offset in stride(from: 16 + 16, to: 16 + 28, by: 4) {
            for count in [UInt32.max, 1 << 31, 17, 0] {
                var changed = whole
                changed.setInteger(count, at: offset, endianness: .host)
                guard changed != whole else { continue }
                try launcher.send(changed)
                #expect(launcher.nextEvent() == refusal(EBADMSG, id: 7))
            }
        }
        try expectHealth()
    }

    @Test("an unknown request, a wrong signal number and an overlong packet are refused")
    func malformedRequest() throws {
        try launcher.send(header(id: 3, kind: 0, number: 0))
        #expect(launcher.nextEvent() == refusal(EBADMSG, id: 3))
        try launcher.send(header(id: 4, kind: 9, number: 0))
        #expect(launcher.nextEvent() == refusal(EBADMSG, id: 4))
        try launcher.send(header(id: 5, kind: 2, number: 65))
        #expect(launcher.nextEvent() == refusal(EBADMSG, id: 5))
        var long = try start(script(""), id: 6)
        long.writeRepeatingByte(0, count: 128 * 1024)
        try launcher.send(long)
        #expect(launcher.nextEvent() == refusal(EMSGSIZE, id: 6))
        try expectHealth()
    }

    @Test("more than seven descriptors are refused and closed")
    func tooManyDescriptors() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        try launcher.send(start(script(""), id: 8), descriptors: Array(repeating: ends[1], count: 8))
        #expect(launcher.nextEvent() == refusal(EMFILE, id: 8))
        close(ends[1])
        var byte: UInt8 = 0
        #expect(read(ends[0], &byte, 1) == 0)
        try expectHealth()
    }

    @Test("a signal to nobody is no error, and an id in use is refused")
    func ids() throws {
        try launcher.send(header(id: 99, kind: 2, number: 15))
        try launcher.send(start(script("exec sleep 1000"), id: 7))
        guard case .started = launcher.nextEvent()?.kind else {
            Issue.record("not started")
            return
        }
        try launcher.send(start(script(""), id: 7))
        #expect(launcher.nextEvent() == refusal(EEXIST, id: 7))
        try launcher.send(header(id: 7, kind: 2, number: 9))
        #expect(launcher.nextEvent() == LauncherEvent(id: 7, kind: .ended(.signalled(number: SIGKILL))))
        try expectHealth()
    }

    @Test("when its socket closes, the launcher kills everything and exits")
    func endOfFile() throws {
        let pipes = try OutputPipes()
        let text =
            "p=$(setsid env -i /bin/sh -c 'echo $$; exec sleep 1000 >/dev/null' &); echo $p; exec sleep 1000"
        var pids: [pid_t] = []
        for id in 1...5 {
            try launcher.send(start(script(text), id: UInt64(id)), descriptors: pipes.writeEnds)
            guard case .started(let pid) = launcher.nextEvent()?.kind else {
                Issue.record("not started")
                return
            }
            var line = [UInt8](repeating: 0, count: 32)
            let size = read(pipes.readEnds[0], &line, line.count)
            let stray = pid_t(String(decoding: line[..<(size - 1)], as: UTF8.self))
            pids += [pid, try #require(stray), try parent(of: pid)]
        }
        for descriptor in pipes.readEnds + pipes.writeEnds {
            close(descriptor)
        }
        #expect(pids.allSatisfy(exists))
        #expect(launcher.end() == .exited(code: 0))
        #expect(!pids.contains(where: exists))
    }
}
