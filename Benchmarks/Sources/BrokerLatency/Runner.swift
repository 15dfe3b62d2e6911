internal import BenchmarkSupport
internal import Broker
internal import CAllocationCount

/// Publishes a scenario's messages on one thread, one after the other.
struct Runner {
    private let scenario: Scenario
    private let publisher: Publisher
    private var publishCount = 0
    private var next = 0

    init(_ scenario: Scenario) {
        self.scenario = scenario
        publisher = scenario.broker.makePublisher()
    }

    /// Publishes without a pause.
    ///
    /// - Returns: Publishes for each second of CPU time.
    mutating func throughput(nanoseconds: UInt64) -> Double {
        let countBefore = publishCount
        let start = threadCPUNanoseconds()
        var elapsed: UInt64
        repeat {
            for _ in 0..<100 {
                publishNext()
            }
            elapsed = threadCPUNanoseconds() - start
        } while elapsed < nanoseconds
        return Double(publishCount - countBefore) * 1e9 / Double(elapsed)
    }

    /// How long each of many publishes takes, one straight after the other, in nanoseconds.
    ///
    /// On a machine that others share, a publish now and then includes a turn of another program, a thousand
    /// times as long. Publishes of which one did are left out.
    mutating func durations(nanoseconds: UInt64) -> [UInt64] {
        let batchCount = 50
        var batch: [UInt64] = []
        batch.reserveCapacity(batchCount)
        var durations: [UInt64] = []
        let end = threadCPUNanoseconds() + nanoseconds
        while threadCPUNanoseconds() < end {
            batch.removeAll(keepingCapacity: true)
            let preemptionCountBefore = preemptionCount()
            var start = wallClockNanoseconds()
            for _ in 0..<batchCount {
                publishNext()
                let end = wallClockNanoseconds()
                batch.append(end - start)
                start = end
            }
            if preemptionCount() == preemptionCountBefore {
                durations += batch
            }
        }
        return durations
    }

    /// How often so many publishes ask for memory, after as many that aren't counted.
    mutating func allocations(publishCount: Int) -> UInt64 {
        for _ in 0..<publishCount {
            publishNext()
        }
        let countBefore = allocation_count()
        for _ in 0..<publishCount {
            publishNext()
        }
        return allocation_count() - countBefore
    }

    /// Fails unless every subscriber got what it should.
    func check() throws {
        let commitCount = scenario.sinks.reduce(0) { $0 + $1.count }
        guard commitCount == publishCount * scenario.targetCount else {
            throw BenchmarkError(
                "\(scenario.name): \(publishCount) publications made \(commitCount) deliveries"
            )
        }
    }

    private mutating func publishNext() {
        scenario.publications[next].publish(through: publisher)
        next = next + 1 == scenario.publications.count ? 0 : next + 1
        publishCount += 1
    }
}
