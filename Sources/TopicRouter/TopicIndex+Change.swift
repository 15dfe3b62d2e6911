extension TopicIndex {
    /// One change to the index: a subscription made or taken back.
    public struct Change: Hashable, Sendable {
        /// Whether the subscription is made; otherwise it is taken back.
        public let isSubscription: Bool
        /// Who is subscribed.
        public let subscriber: SubscriberID
        /// To which topics.
        public let filter: TopicFilter
        /// On which bus.
        public let bus: BusID

        /// Makes a subscription; without effect if there is that subscription already.
        public static func subscribe(
            _ subscriber: SubscriberID,
            to filter: TopicFilter,
            on bus: BusID
        ) -> Change {
            Change(isSubscription: true, subscriber: subscriber, filter: filter, bus: bus)
        }

        /// Takes a subscription back; without effect if there is no such subscription.
        public static func unsubscribe(
            _ subscriber: SubscriberID,
            from filter: TopicFilter,
            on bus: BusID
        ) -> Change {
            Change(isSubscription: false, subscriber: subscriber, filter: filter, bus: bus)
        }
    }
}
