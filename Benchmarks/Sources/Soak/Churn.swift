internal import BenchmarkSupport
internal import TopicRouter

/// Subscriptions that come and go, of filters whose lengths are drawn at random or chosen to do harm.
struct Churn: ~Copyable {
    /// How many subscriptions there are at a time.
    private static let windowCount = 1_000
    /// The memory is looked at after each twentieth of the steps.
    private static let sampleCount = 20
    /// By how much more than the most in the first half the memory may be in the second half.
    private static let growthMax = 1.1
    /// What may be left of an index that is empty again.
    private static let restBytesMax = 4 << 20

    private let index = TopicIndex()
    private var filters = ChurnFilters(seed: 1)
    /// The subscriptions that there are; the one at `step % windowCount` is the oldest.
    private var window: [TopicIndex.Change] = []
    /// While this reader is pinned, now and then, nothing can be used again.
    private var reader: TopicReader
    private var samples: [Int] = []

    init() throws {
        reader = index.makeReader()
    }

    /// Makes the steps, each a subscription and, once there are enough, the removal of the oldest one.
    mutating func run(stepCount: Int) throws {
        let before = try residentBytes()
        for step in 0..<stepCount {
            if step % 100 == 0 { reader.pin() }
            try makeStep(step)
            if step % 100 == 50 { reader.unpin() }
            if (step + 1) % (stepCount / Self.sampleCount) == 0 {
                samples.append(try residentBytes() - before)
                print("\(step + 1) steps: \(samples[samples.count - 1] >> 10) KiB")
            }
        }
        for change in window {
            index.unsubscribe(change.subscriber, from: change.filter, on: change.bus)
        }
        window = []
        let rest = try residentBytes() - before
        print("without subscriptions: \(rest >> 10) KiB")
        try judge(rest: rest)
    }

    private mutating func makeStep(_ step: Int) throws {
        let change = TopicIndex.Change.subscribe(
            SubscriberID(rawValue: UInt32(step % 64)),
            to: try filters.next(step),
            on: BusID(rawValue: UInt32(step % 8))
        )
        index.subscribe(change.subscriber, to: change.filter, on: change.bus)
        guard window.count == Self.windowCount else {
            window.append(change)
            return
        }
        let oldest = window[step % Self.windowCount]
        window[step % Self.windowCount] = change
        index.unsubscribe(oldest.subscriber, from: oldest.filter, on: oldest.bus)
    }

    private func judge(rest: Int) throws {
        guard index.subscriptionCount == 0 else { throw BenchmarkError("subscriptions are left") }
        let half = samples.count / 2
        let (first, second) = (samples.prefix(half).max() ?? 0, samples.suffix(half).max() ?? 0)
        guard Double(second) <= Double(first) * Self.growthMax else {
            throw BenchmarkError("memory grew: at most \(first) bytes in the first half, then \(second)")
        }
        guard rest <= Self.restBytesMax else {
            throw BenchmarkError("\(rest) bytes are left, and should be \(Self.restBytesMax) at most")
        }
    }
}
