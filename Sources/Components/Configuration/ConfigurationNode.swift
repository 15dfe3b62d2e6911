internal import GreengrassModel

/// A place in a configuration: a container with keys, or a leaf with a value.
///
/// As in the originals a list is a leaf, every leaf has the time of its last change, and the case of a key
/// does not matter: the first one to write a key decides how it is shown.
indirect enum ConfigurationNode: Sendable {
    /// The JSON text of anything but an object, and when it was written, in milliseconds since 1970.
    case leaf(text: String, modified: Int64)
    /// By the key in lowercase.
    case container([String: Entry])

    /// A key as it is shown, and what it leads to.
    struct Entry: Sendable {
        let key: String
        var node: ConfigurationNode
    }

    static let empty = ConfigurationNode.container([:])

    /// Makes what a JSON value says, with all leaves written at one time.
    init(_ value: JSONValue, modified: Int64) {
        guard case .object(let members) = value.content else {
            self = .leaf(text: value.text, modified: modified)
            return
        }
        var entries: [String: Entry] = [:]
        for member in members {
            entries[member.key.lowercased()] = Entry(
                key: member.key,
                node: ConfigurationNode(member.value, modified: modified)
            )
        }
        self = .container(entries)
    }

    /// What a key path leads to, with its last key as it is shown.
    func entry(at keyPath: some Collection<String>) -> Entry? {
        var entry = Entry(key: "", node: self)
        for key in keyPath {
            guard case .container(let entries) = entry.node, let next = entries[key.lowercased()] else {
                return nil
            }
            entry = next
        }
        return entry
    }

    /// Whether both have the same values, whenever they were written.
    func hasSameValues(as other: ConfigurationNode) -> Bool {
        switch (self, other) {
        case (.leaf(let text, _), .leaf(let otherText, _)):
            // To a component, two spellings of a character are not the same.
            text.utf8.elementsEqual(otherText.utf8)
        case (.container(let entries), .container(let others)):
            entries.count == others.count
                && entries.allSatisfy { key, entry in
                    others[key].map { entry.node.hasSameValues(as: $0.node) } ?? false
                }
        default: false
        }
    }

    /// When the youngest leaf was written; `nil` without any.
    var lastModified: Int64? {
        switch self {
        case .leaf(_, let modified): modified
        case .container(let entries): entries.values.compactMap(\.node.lastModified).max()
        }
    }

    /// The paths of everything that has no keys.
    func ends(below path: [String]) -> [[String]] {
        guard case .container(let entries) = self, !entries.isEmpty else { return [path] }
        return entries.values.sorted { $0.key < $1.key }.flatMap { $0.node.ends(below: path + [$0.key]) }
    }
}
