public import TopicRouter

extension BusID {
    /// What functions publish to `pubsub`, for event sources of type PUB_SUB.
    public static let local = BusID(rawValue: 0)
    /// What came down from the cloud is published here.
    public static let cloud = BusID(rawValue: 1)

    /// The first bus that belongs to a function.
    static let firstFunction: UInt32 = 2
    /// The first bus that belongs to a broker beside the cloud: what came from there is published on it.
    static let firstEndpoint: UInt32 = 1 << 31

    /// Whether what is published here comes from a function, so that no match is an error.
    var isFunction: Bool { (BusID.firstFunction..<BusID.firstEndpoint).contains(rawValue) }
}

extension SubscriberID {
    /// The link to the cloud, the target of rows that say `cloud`.
    static let uplink = SubscriberID(rawValue: 0)
    /// Stands for the bus `local`, the target of rows that say `pubsub`: whoever matches there gets the
    /// message.
    static let localBus = SubscriberID(rawValue: 1)
    /// The first subscriber of any other kind.
    static let firstOther: UInt32 = 2
}
