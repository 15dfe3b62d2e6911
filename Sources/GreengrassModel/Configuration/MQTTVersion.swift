/// A version of the MQTT protocol, in the nucleus' words.
package enum MQTTVersion: String, Hashable, Sendable, CustomStringConvertible {
    /// MQTT 5.0.
    case mqtt5
    /// MQTT 3.1.1.
    case mqtt3

    /// What a file calls them.
    static let words: KeyValuePairs<String, MQTTVersion> = ["mqtt5": .mqtt5, "mqtt3": .mqtt3]

    /// The version's number.
    package var description: String {
        switch self {
        case .mqtt5: "MQTT 5"
        case .mqtt3: "MQTT 3.1.1"
        }
    }
}
