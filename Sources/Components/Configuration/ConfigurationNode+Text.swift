internal import GreengrassModel

/// Configurations as JSON texts, with sorted keys.
extension ConfigurationNode {
    /// The values.
    var text: String {
        text { value, _ in value }
    }

    /// How long `text` is.
    var byteCount: Int {
        switch self {
        case .leaf(let text, _): return text.utf8.count
        case .container(let entries):
            // A colon and a comma for each entry, and no comma for the last one.
            let counts = entries.values.lazy.map { JSONValue.byteCount(of: $0.key) + 2 + $0.node.byteCount }
            return counts.reduce(2 - min(entries.count, 1), +)
        }
    }

    /// The values and their times, for `init(kept:)`: a leaf is a list of both.
    var keptText: String {
        text { value, modified in "[\(modified),\(value)]" }
    }

    private func text(_ leaf: (_ value: String, _ modified: Int64) -> String) -> String {
        var text = ""
        append(to: &text, leaf)
        return text
    }

    private func append(to text: inout String, _ leaf: (_ value: String, _ modified: Int64) -> String) {
        switch self {
        case .leaf(let value, let modified):
            text += leaf(value, modified)
        case .container(let entries):
            text += "{"
            var separator = ""
            for entry in entries.values.sorted(by: { $0.key < $1.key }) {
                text += separator
                separator = ","
                JSONValue.append(entry.key, to: &text)
                text += ":"
                entry.node.append(to: &text, leaf)
            }
            text += "}"
        }
    }

    /// Reads what `keptText` wrote; `nil` when it did not.
    init?(kept value: JSONValue) {
        switch value.content {
        case .array(let parts):
            guard parts.count == 2, case .number(let number) = parts[0].content,
                let modified = Int64(number)
            else { return nil }
            self = .leaf(text: parts[1].text, modified: modified)
        case .object(let members):
            var entries: [String: Entry] = [:]
            for member in members {
                guard let node = ConfigurationNode(kept: member.value) else { return nil }
                entries[member.key.lowercased()] = Entry(key: member.key, node: node)
            }
            self = .container(entries)
        default:
            return nil
        }
    }
}
