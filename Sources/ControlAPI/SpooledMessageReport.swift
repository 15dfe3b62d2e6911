package import Broker
package import FoundationEssentials
internal import GreengrassModel
internal import NIOCore
internal import TopicRouter

/// A message that waits for the cloud, for people.
package struct SpooledMessageReport: Codable, Sendable {
    /// Names it while it waits, also after a restart.
    package var number: Int64
    /// When it was accepted, in milliseconds since 1970 (UTC).
    package var millisecondsSinceEpoch: Int64
    /// Who published it: an ARN, `cloud` or `command line`.
    package var source: String
    /// Its topic.
    package var topic: String
    /// Its quality of service.
    package var qos: Int
    /// Which of those that wait go first: higher ones.
    package var priority: Int
    /// After so many seconds of waiting it is worth nothing any more, if its row says so.
    package var ttl: Int?
    /// What it does when it finds the spool full: `oldest`, `newest` or `refuse`.
    package var drop: String
    /// `latest` when a later one of its topic takes its place.
    package var keep: String?
    /// Whether it is on its way, and not acknowledged yet.
    package var isSent: Bool
    /// What it says beside topic and payload, if anything.
    package var properties: MessageProperties?
    /// The size of its payload.
    package var payloadBytes: Int
    /// Its payload, when it was asked for.
    package var payload: Data?

    init(_ found: (message: SpooledMessage, isSent: Bool), withPayload: Bool) {
        let (spooled, message) = (found.message, found.message.message)
        number = spooled.position
        millisecondsSinceEpoch = spooled.millisecondsSinceEpoch
        source = message.origin.description
        topic = message.topic.description
        qos = message.qos.rawValue
        priority = spooled.policy.priority
        ttl = spooled.policy.timeToLive
        drop = spooled.policy.whenFull.rawValue
        keep = spooled.policy.keepsLatestOnly ? "latest" : nil
        isSent = found.isSent
        properties = message.properties
        payloadBytes = message.payload.readableBytes
        payload = withPayload ? Data(message.payload.readableBytesView) : nil
    }
}

/// What became of a purge.
package struct PurgeReport: Codable, Sendable {
    /// How many messages were forgotten.
    package var count: Int
}
