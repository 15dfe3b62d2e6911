/// What an MQTT message says besides its topic and payload: the retained flag, and the properties of MQTT 5
/// that are meant for the receiving application.
///
/// Most messages have none of it, and then `Message.properties` is nil and costs nothing.
public struct MessageProperties: Hashable, Codable, Sendable {
    /// A name and a value that an application chose (MQTT 5, 3.3.2.3.7); a name may stand more than once.
    public struct UserProperty: Hashable, Codable, Sendable {
        /// The name; may be empty.
        public var name: String
        /// The value; may be empty.
        public var value: String

        /// Makes a pair.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Coming down: the broker had kept the message for new subscribers.
    ///
    /// Going up: the broker is to keep it.
    public var isRetained: Bool
    /// The pairs, in the order in which they were sent.
    public var userProperties: [UserProperty]
    /// What the payload is, for example `application/json`.
    public var contentType: String?
    /// Whether the payload is UTF-8 text by its publisher's word (MQTT 5, 3.3.2.3.2); nil: nothing is said.
    public var isUTF8: Bool?
    /// Where an answer is wanted.
    public var responseTopic: String?
    /// What an answer is to carry, so that it finds its question.
    public var correlationData: [UInt8]?
    /// When the message is worth nothing any more, in milliseconds since 1970 (UTC).
    ///
    /// MQTT's message expiry interval counts from the publish; the time of day makes it last over a restart.
    public var expiresAtMilliseconds: Int64?
    /// Which of our subscriptions the broker says the message matched; never sent up.
    public var subscriptionIdentifiers: [UInt32]

    /// Makes properties; all are absent by default.
    public init(
        isRetained: Bool = false,
        userProperties: [UserProperty] = [],
        contentType: String? = nil,
        isUTF8: Bool? = nil,
        responseTopic: String? = nil,
        correlationData: [UInt8]? = nil,
        expiresAtMilliseconds: Int64? = nil,
        subscriptionIdentifiers: [UInt32] = []
    ) {
        self.isRetained = isRetained
        self.userProperties = userProperties
        self.contentType = contentType
        self.isUTF8 = isUTF8
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.expiresAtMilliseconds = expiresAtMilliseconds
        self.subscriptionIdentifiers = subscriptionIdentifiers
    }

    /// Whether there is nothing in them, so that a message needs none.
    public var isEmpty: Bool { self == MessageProperties() }

    /// What they take of a queue's bytes: their texts and data, and each pair, even an empty one.
    public var byteCount: Int {
        userProperties.reduce(MemoryLayout<UserProperty>.stride * userProperties.count) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
            + (contentType?.utf8.count ?? 0) + (responseTopic?.utf8.count ?? 0)
            + (correlationData?.count ?? 0) + MemoryLayout<UInt32>.size * subscriptionIdentifiers.count
    }

    /// The seconds until the message expires, as MQTT counts them: rounded up, and 0 once it has expired; nil
    /// when it never does.
    public func secondsToExpiry(atMilliseconds now: Int64) -> UInt32? {
        expiresAtMilliseconds.map { expiry in
            guard expiry > now else { return 0 }
            let milliseconds = expiry.subtractingReportingOverflow(now)
            if milliseconds.overflow { return .max }
            return UInt32(clamping: (milliseconds.partialValue - 1) / 1_000 + 1)
        }
    }
}
