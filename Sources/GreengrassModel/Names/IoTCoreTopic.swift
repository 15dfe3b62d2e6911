package import TopicRouter

/// AWS IoT Core's rules for topics and topic filters (AWS General Reference, "AWS IoT Core message broker").
///
/// It drops the connection of a client that breaks them.
package enum IoTCoreTopic {
    /// How long a topic may be, in bytes.
    private static let byteCountMax = 256
    /// How long a reserved topic may be, with its prefix: the nucleus' bound.
    private static let reservedByteCountMax = 512
    /// How many levels it may have: one more than slashes.
    private static let slashCountMax = 7

    private static let slash = UInt8(ascii: "/")
    private static let reservedMark = UInt8(ascii: "$")
    /// `$aws/rules/NAME/TOPIC` goes past the message broker to a rule (Basic Ingest).
    private static let rulesPrefix = Array("$aws/rules/".utf8)
    /// `$share/GROUP/FILTER` is a shared subscription.
    private static let sharePrefix = Array("$share/".utf8)

    /// Why AWS IoT Core refuses a publish to `topic`; nil when it does not.
    package static func problem(of topic: TopicName) -> String? {
        problem(topic.utf8[...], uncounted: rulesPrefix)
    }

    /// Why AWS IoT Core refuses to subscribe `filter`; nil when it does not.
    package static func problem(of filter: TopicFilter) -> String? {
        problem(Array(filter.utf8)[...], uncounted: sharePrefix)
    }

    private static func problem(_ topic: ArraySlice<UInt8>, uncounted prefix: [UInt8]) -> String? {
        var counted = topic
        if topic.starts(with: prefix), let end = topic.dropFirst(prefix.count).firstIndex(of: slash) {
            counted = topic[(end + 1)...]
        } else if topic.first == reservedMark {
            // Topics of AWS' own services may be deep.
            return topic.count > reservedByteCountMax
                ? "the topic has \(topic.count) bytes; AWS IoT Core takes at most \(reservedByteCountMax)"
                : nil
        }
        if counted.count > byteCountMax {
            return "the topic has \(counted.count) bytes; AWS IoT Core takes at most \(byteCountMax)"
        }
        let slashCount = counted.count { $0 == slash }
        if slashCount > slashCountMax {
            return "the topic has \(slashCount) slashes; AWS IoT Core takes at most \(slashCountMax)"
        }
        return nil
    }
}
