internal import CMachine
internal import Glibc

/// Nanoseconds for which the calling thread has been on a core.
///
/// On a shared machine this counts what the work costs and not how long it had to wait.
package func threadCPUNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

/// Nanoseconds since some moment in the past.
package func wallClockNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// How many cores the process may use.
package var coreCount: Int { Int(machine_core_count()) }

/// Keeps the calling thread on one of the cores that the process may use; they are counted from the last.
package func pinToCore(fromLast core: Int) throws {
    guard machine_pin_to_core(Int32(core)) else {
        throw BenchmarkError("can't stay on core \(core) of those that there are, counted from the last")
    }
}

/// How often the calling thread had to leave its core to another one.
package func preemptionCount() -> Int { machine_preemption_count() }

/// Bytes of memory that are the process' own, after free memory went back to the system.
package func residentBytes() throws -> Int {
    machine_trim_heap()
    guard let file = fopen("/proc/self/smaps_rollup", "r") else { throw BenchmarkError("no /proc") }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
        let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: " ")
        if words.first == "Anonymous:", let kilobytes = Int(words[1]) {
            return kilobytes * 1024
        }
    }
    throw BenchmarkError("/proc/self/smaps_rollup has no line Anonymous")
}

/// Runs `body` while callgrind counts its instructions; there must be a callgrind.
package func counted(_ body: () -> Void) throws {
    guard machine_start_counting() else {
        throw BenchmarkError("this does not run under callgrind, or was built without its header")
    }
    body()
    machine_stop_counting()
}
