internal import BenchmarkSupport
internal import TopicRouter

/// Subscriptions to the index that come and go.
struct TrellisChurn {
    private let index: TopicIndex
    private let filters: [TopicFilter]
    private let firstID: UInt32
    private var window: ChurnWindow

    /// Checks the filters in `lines`: not while time is measured, as whoever subscribes has them checked where
    /// they come in.
    ///
    /// Subscribers before `firstID` don't come and go.
    init(index: TopicIndex, lines: Lines, firstID: UInt32) throws {
        self.index = index
        self.firstID = firstID
        filters = try lines.topicFilters()
        window = ChurnWindow(filterCount: filters.count)
    }

    /// Subscribes to the first filters of the window.
    func begin() {
        index.apply(window.positions.map(subscription))
    }

    /// Subscribes to one filter and takes another back, each in a call of its own.
    mutating func step() {
        let step = window.advance()
        let bus = TrellisEngine.bus
        index.subscribe(subscriber(step.subscribe), to: filters[step.subscribe], on: bus)
        index.unsubscribe(subscriber(step.unsubscribe), from: filters[step.unsubscribe], on: bus)
    }

    /// Takes the subscriptions back that are left.
    func end() {
        index.apply(window.positions.map(removal))
    }

    private func subscription(_ position: Int) -> TopicIndex.Change {
        .subscribe(subscriber(position), to: filters[position], on: TrellisEngine.bus)
    }

    private func removal(_ position: Int) -> TopicIndex.Change {
        .unsubscribe(subscriber(position), from: filters[position], on: TrellisEngine.bus)
    }

    private func subscriber(_ position: Int) -> SubscriberID {
        SubscriberID(rawValue: firstID + UInt32(position))
    }
}
