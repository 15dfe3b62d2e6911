/// An object of a document whose keys this project knows.
///
/// It remembers the keys that were asked for, so that `warnOfUnknownKeys` can tell the rest.
struct DocumentObject {
    let members: [JSONMember]
    let node: DocumentNode
    private var known: [String] = []

    init(members: [JSONMember], node: DocumentNode) {
        self.members = members
        self.node = node
    }

    /// The value of `key`, or `nil` when it is absent.
    mutating func optional(_ key: String) -> DocumentNode? {
        known.append(key)
        return members.first { $0.key == key }.map { node.child($0.value, key: key) }
    }

    /// The value of `key`; reports when it is absent.
    mutating func required(_ key: String) -> DocumentNode? {
        let value = optional(key)
        if value == nil {
            let found = members.isEmpty ? "an empty object" : "no such key"
            node.log.add(
                .error,
                "found \(found); the key \(key.quoted) is required",
                at: node.value.place,
                keyPath: node.keyPath
            )
        }
        return value
    }

    /// Knows `keys`, without using them.
    mutating func ignore(_ keys: String...) {
        known += keys
    }

    /// Refuses `keys` for now: they mean something that can't be honoured yet, which must not pass in
    /// silence.
    mutating func refuse(_ keys: String..., explanation: String) {
        for key in keys { optional(key)?.reject(explanation) }
    }

    /// Refuses every value of `key` but `word` for now.
    mutating func refuse(_ key: String, unless word: String, explanation: String) {
        guard let node = optional(key) else { return }
        if case .string(word) = node.value.content { return }
        node.reject(explanation)
    }

    /// Warns of every key that was not asked for.
    func warnOfUnknownKeys() {
        for member in members where !known.contains(member.key) {
            node.log.add(
                .warning,
                "found the unknown key \(member.key.quoted), which is ignored; \(hint(for: member.key))",
                at: member.place,
                keyPath: node.keyPath
            )
        }
    }

    private func hint(for key: String) -> String {
        if let name = key.nearest(in: known) { return "did you mean \(name.quoted)?" }
        return "known are \(known.sorted().joined(separator: ", "))"
    }
}
