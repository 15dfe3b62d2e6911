import Broker
import CMosquitto
import TopicRouter

/// How many bytes a text or binary data of MQTT may have.
private let byteCountMax = Int(UInt16.max)

extension MessageProperties {
    /// Why MQTT 5 can't carry them, if so: a message with such properties would never go up.
    var problem: String? {
        if let topic = self.responseTopic, !topic.isEmpty {
            do {
                _ = try TopicName(topic)
            } catch {
                return "its responseTopic is none to publish to: \(error)"
            }
        }
        if let count = self.correlationData?.count, count > byteCountMax {
            return "its correlationData has \(count) bytes; MQTT allows \(byteCountMax)"
        }
        return textProblem(self.responseTopic ?? "", "responseTopic")
            ?? textProblem(self.contentType ?? "", "contentType")
            ?? self.userProperties.lazy.compactMap { pair in
                textProblem(pair.name, "name of a user property")
                    ?? textProblem(pair.value, "value of a user property")
            }.first
    }
}

/// Why a text can't be sent; the MQTT library takes no control characters, as MQTT lets it.
private func textProblem(_ text: String, _ name: String) -> String? {
    let count = text.utf8.count
    guard count <= byteCountMax else { return "its \(name) has \(count) bytes; MQTT allows \(byteCountMax)" }
    guard mosquitto_validate_utf8(text, CInt(count)) != MOSQ_ERR_SUCCESS.rawValue else { return nil }
    return "its \(name) has control characters, which the MQTT library does not take"
}
