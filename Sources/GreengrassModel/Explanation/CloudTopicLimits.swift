import TopicRouter

/// What AWS IoT Core allows of a topic, beyond MQTT; it ends the connection of a client that exceeds it.
enum CloudTopicLimits {
    /// The most bytes of UTF-8 (AWS IoT Core endpoints and quotas, message broker).
    static let bytesMax = 256
    /// The most slashes (the same).
    static let slashesMax = 7

    /// Says which limits `topic` exceeds.
    ///
    /// `$aws/rules/NAME/` at its beginning does not count, and other reserved topics have limits of their
    /// own.
    static func excesses(of topic: TopicName) -> [String] {
        guard let counted = countedPart(of: topic) else { return [] }
        let slashCount = counted.count { $0 == UInt8(ascii: "/") }
        var excesses: [String] = []
        if counted.count > bytesMax {
            excesses.append("the topic has \(counted.count) bytes; AWS IoT Core allows \(bytesMax)")
        }
        if slashCount > slashesMax {
            excesses.append("the topic has \(slashCount) slashes; AWS IoT Core allows \(slashesMax)")
        }
        return excesses.map { "\($0), and disconnects who publishes on it" }
    }

    private static func countedPart(of topic: TopicName) -> ArraySlice<UInt8>? {
        guard topic.utf8.first == UInt8(ascii: "$") else { return topic.utf8[...] }
        let levels = topic.utf8.split(
            separator: UInt8(ascii: "/"),
            maxSplits: 3,
            omittingEmptySubsequences: false
        )
        let isBasicIngest =
            levels.count == 4 && levels[0].elementsEqual("$aws".utf8) && levels[1].elementsEqual("rules".utf8)
        return isBasicIngest ? levels[3] : nil
    }
}
