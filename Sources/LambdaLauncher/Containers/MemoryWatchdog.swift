import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Ends containers whose processes hold too much memory, where the kernel can't be told to.
///
/// Twice a second it reads what every process of the machine holds, once for all containers: a few
/// microseconds for each. What grows faster than that is noticed late, and what two processes share counts
/// twice: a control group is better.
final class MemoryWatchdog: Sendable {
    private static let interval = TimeAmount.milliseconds(500)

    private struct Watched {
        let pid: Int32
        let bytesMax: Int
        let onExcess: @Sendable () -> Void
        var isOverLimit = false
    }

    private struct State {
        var watched: [UInt64: Watched] = [:]
        var isScheduled = false
    }

    private let eventLoop: any EventLoop
    private let state = NIOLockedValueBox(State())

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Watches the process and all below it: a namespace's first process is the ancestor of all in it.
    func watch(_ id: UInt64, pid: Int32, bytesMax: Int, onExcess: @escaping @Sendable () -> Void) {
        let mustSchedule = state.withLockedValue { state in
            state.watched[id] = Watched(pid: pid, bytesMax: bytesMax, onExcess: onExcess)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { schedule() }
    }

    /// Watches it no longer.
    ///
    /// - Returns: Whether it had too much memory.
    func forget(_ id: UInt64) -> Bool {
        state.withLockedValue { $0.watched.removeValue(forKey: id)?.isOverLimit ?? false }
    }

    private func schedule() {
        eventLoop.scheduleTask(in: Self.interval) {
            NIOThreadPool.singleton.submit { _ in self.look() }
        }
    }

    private func look() {
        let hasWork = state.withLockedValue { state in
            state.isScheduled = !state.watched.isEmpty
            return state.isScheduled
        }
        guard hasWork else { return }
        let processes = ProcessMemory.all()
        let excesses = state.withLockedValue { state in
            state.watched.compactMap { id, watched -> (@Sendable () -> Void)? in
                guard !watched.isOverLimit,
                    ProcessMemory.bytes(below: watched.pid, among: processes) > watched.bytesMax
                else { return nil }
                state.watched[id]?.isOverLimit = true
                return watched.onExcess
            }
        }
        for onExcess in excesses {
            onExcess()
        }
        schedule()
    }
}

/// What one process holds.
struct ProcessMemory: Hashable {
    let pid: Int32
    let parent: Int32
    let residentBytes: Int

    /// Every process that `/proc` shows.
    static func all() -> [ProcessMemory] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            Int32(name).flatMap { pid in lines(of: "/proc/\(name)/stat").first.flatMap { .init(pid, $0) } }
        }
    }

    /// Reads `PID (NAME) STATE PARENT …`, in which the resident pages are the 24th; a name may hold spaces
    /// and parentheses.
    init?(_ pid: Int32, _ stat: Substring) {
        guard let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[nameEnd...].split(separator: " ")
        guard fields.count > 22, let parent = Int32(fields[2]), let pages = Int(fields[22]) else {
            return nil
        }
        self.pid = pid
        self.parent = parent
        residentBytes = pages * Int(getpagesize())
    }

    /// What a process and all below it hold together.
    static func bytes(below pid: Int32, among processes: [ProcessMemory]) -> Int {
        let children = Dictionary(grouping: processes, by: \.parent)
        var sum = processes.first { $0.pid == pid }?.residentBytes ?? 0
        var pending = [pid]
        while let parent = pending.popLast() {
            for child in children[parent] ?? [] {
                sum += child.residentBytes
                pending.append(child.pid)
            }
        }
        return sum
    }
}
