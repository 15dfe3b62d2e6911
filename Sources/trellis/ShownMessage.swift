import Broker
import Components
import FoundationEssentials

/// A message as `--json` writes it: what it does not have is left out.
struct ShownMessage: Encodable {
    let topic: String
    /// As text.
    let payload: String
    let hops: Int?
    let retained: Bool?
    let userProperties: [MessageProperties.UserProperty]?
    let contentType: String?
    let responseTopic: String?
    /// Base64.
    let correlationData: String?
    /// ISO 8601, UTC.
    let expires: String?
    let subscriptionIdentifiers: [UInt32]?

    init(topic: String, payload: Data, hops: Int, _ properties: MessageProperties?) {
        self.topic = topic
        self.payload = String(decoding: payload, as: UTF8.self)
        self.hops = hops == 0 ? nil : hops
        let properties = properties ?? MessageProperties()
        retained = properties.isRetained ? true : nil
        userProperties = properties.userProperties.isEmpty ? nil : properties.userProperties
        contentType = properties.contentType
        responseTopic = properties.responseTopic
        correlationData = properties.correlationData.map { Data($0).base64EncodedString() }
        expires = properties.expiresAtMilliseconds.map(Timestamp.text(millisecondsSinceEpoch:))
        subscriptionIdentifiers =
            properties.subscriptionIdentifiers.isEmpty ? nil : properties.subscriptionIdentifiers
    }
}
