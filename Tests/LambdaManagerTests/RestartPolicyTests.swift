import NIOCore
import Testing

@testable import LambdaManager

@Suite struct RestartPolicyTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func delays(_ count: Int, jitter: Double) -> [Int64] {
        var policy = RestartPolicy()
        return (0..<count).compactMap { _ in
            guard
                case .restart(let delay) = policy.instanceEnded(
                    runningSince: start,
                    now: start,
                    jitter: jitter
                )
            else { return nil }
            return delay.nanoseconds / 1_000_000
        }
    }

    @Test("delays double from half a second to a minute")
    func doubling() {
        #expect(delays(9, jitter: 1) == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    }

    @Test("jitter takes up to half of a delay")
    func jitter() {
        #expect(delays(3, jitter: 0) == [250, 500, 1_000])
    }

    @Test("a minute of health resets the delay")
    func health() {
        var policy = RestartPolicy()
        _ = policy.instanceEnded(runningSince: start, now: start, jitter: 1)
        _ = policy.instanceEnded(runningSince: start, now: start, jitter: 1)
        let decision = policy.instanceEnded(runningSince: start, now: start + .seconds(60), jitter: 1)
        #expect(decision == .restart(after: .milliseconds(500)))
    }

    @Test("three failures to initialise within an hour are too many; older ones don't count")
    func givingUp() {
        var policy = RestartPolicy()
        _ = policy.instanceEnded(runningSince: nil, now: start, jitter: 1)
        _ = policy.instanceEnded(runningSince: nil, now: start + .minutes(50), jitter: 1)
        let third = policy.instanceEnded(runningSince: nil, now: start + .minutes(61), jitter: 1)
        #expect(third != .giveUp)
        let fourth = policy.instanceEnded(runningSince: nil, now: start + .minutes(62), jitter: 1)
        #expect(fourth == .giveUp)
    }
}
