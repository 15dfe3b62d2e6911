internal import TopicRouter

extension EventSource {
    private static let sharePrefix = "$share/"
    /// They are parts of client ids.
    private static let groupLengthMax = 64

    /// Reads one; what is wrong is in the log.
    static func read(_ node: DocumentNode) -> EventSource? {
        guard var object = node.object() else { return nil }
        let topicNode = object.required("topic")
        let kind = object.required("type")?.choice([
            "PUB_SUB": EventSource.Kind.pubSub, "IOT_CORE": .iotCore, "Pubsub": .pubSub, "IotCore": .iotCore,
        ])
        object.warnOfUnknownKeys()
        guard let topicNode, let filter = topicNode.topicFilter(), let kind else { return nil }
        guard filter.description.hasPrefix(sharePrefix) else { return EventSource(topic: filter, kind: kind) }
        guard kind == .iotCore else {
            topicNode.reject("only messages from IOT_CORE are shared: take $share/GROUP/ out")
            return nil
        }
        let words = filter.description.dropFirst(sharePrefix.count)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, (1...groupLengthMax).contains(words[0].count),
            String(words[0]).isMade(of: { $0.isLetter || $0.isNumber || "-_".contains($0) }),
            let topic = try? TopicFilter(String(words[1]))
        else {
            topicNode.reject(
                "a shared subscription is $share/GROUP/FILTER; a group has 1 to \(groupLengthMax) letters, "
                    + "digits, - and _"
            )
            return nil
        }
        return EventSource(topic: topic, kind: kind, shareGroup: String(words[0]))
    }
}
