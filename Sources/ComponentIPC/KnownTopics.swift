internal import TopicRouter

/// The topics that a client has published to and may publish to, so that the next message to one of them is
/// neither checked nor authorized again.
struct KnownTopics {
    /// As a request writes it, and what it stands for.
    private struct Known {
        let text: [UInt8]
        let topic: TopicName
    }

    private static let countMax = 8
    /// A longer topic is checked each time.
    private static let byteCountMax = 256

    private var known: [Known?] = []
    /// The policies under which it was decided.
    private var policiesVersion = 0

    /// The topic that was written like this, if it is known under these policies.
    func topic(_ text: RawSpan, policiesVersion version: Int) -> TopicName? {
        guard version == policiesVersion, !known.isEmpty, let known = known[Self.place(text)] else {
            return nil
        }
        let isSame = text.withUnsafeBytes { text in known.text.withUnsafeBytes { text.isSame(as: $0) } }
        return isSame ? known.topic : nil
    }

    /// Remembers a topic, in the place of another one.
    mutating func add(_ topic: TopicName, _ text: RawSpan, policiesVersion version: Int) {
        guard (1...Self.byteCountMax).contains(text.byteCount) else { return }
        if version != policiesVersion || known.isEmpty {
            known = Array(repeating: nil, count: Self.countMax)
            policiesVersion = version
        }
        known[Self.place(text)] = Known(text: text.withUnsafeBytes { Array($0) }, topic: topic)
    }

    /// Topics that differ in length or in the last byte seldom share a place.
    private static func place(_ text: RawSpan) -> Int {
        guard text.byteCount > 0 else { return 0 }
        let last = text.unsafeLoad(fromUncheckedByteOffset: text.byteCount - 1, as: UInt8.self)
        return (text.byteCount + Int(last)) % countMax
    }
}
