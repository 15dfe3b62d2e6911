import CTestSupport
import Foundation
import Glibc

/// What /proc tells of processes.
enum ProcessTree {
    /// Every process below `pid`, zombies aside.
    static func descendants(of pid: Int32) -> [Int32] {
        let parents = Dictionary(uniqueKeysWithValues: all().map { ($0.pid, $0.parent) })
        return parents.keys.filter { child in
            var ancestor = parents[child]
            while let current = ancestor, current != pid {
                ancestor = parents[current]
            }
            return ancestor == pid
        }
    }

    /// Whether `pid` is there and no zombie.
    static func isRunning(_ pid: Int32) -> Bool {
        all().contains { $0.pid == pid }
    }

    /// The processes whose command line has `text` in it.
    static func pids(running text: String) -> [Int32] {
        all().map(\.pid).filter { pid in
            let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return String(decoding: data, as: UTF8.self).contains(text)
        }
    }

    /// Waits until every one of `pids` has ended.
    ///
    /// - Returns: Those that have not, after `seconds`.
    static func remaining(of pids: [Int32], afterSeconds seconds: Int) -> [Int32] {
        let deadline = Date(timeIntervalSinceNow: TimeInterval(seconds))
        return pids.filter { pid in
            let descriptor = open_process(pid)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return Glibc.poll(&poll, 1, Int32(max(0, deadline.timeIntervalSinceNow * 1000))) == 0
        }
    }

    private static func all() -> [(pid: Int32, parent: Int32)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).compactMap { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
            let text = String(decoding: data, as: UTF8.self)
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 1, fields[0] != "Z", fields[0] != "X", let parent = Int32(fields[1]) else {
                return nil
            }
            return (pid, parent)
        }
    }
}

extension ProcessTree {
    /// What /proc/PID/status tells in KiB: the most that was resident, and what is and belongs to no file.
    static func memory(of pid: Int32) -> (peakKiB: Int, anonymousKiB: Int) {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") ?? Data()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        func number(_ name: String) -> Int {
            lines.first { $0.hasPrefix("\(name):") }.flatMap { Int($0.filter(\.isNumber)) } ?? 0
        }
        return (number("VmHWM"), number("RssAnon"))
    }
}
