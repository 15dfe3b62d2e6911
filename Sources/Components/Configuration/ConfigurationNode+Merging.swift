internal import GreengrassModel

/// Changes, each with the paths of the keys that have another value after it.
extension ConfigurationNode {
    /// Merges a component's own update.
    ///
    /// Objects are merged key by key; anything else takes the place of what was there, also an object that of
    /// a value and a value that of an object.
    ///
    /// - Throws: `ConfigurationError.outdated` when a key that the update names was written after
    ///   `timestamp`; some of it may be merged then.
    mutating func merge(
        _ value: JSONValue,
        timestamp: Int64,
        path: [String] = [],
        changes: inout [[String]]
    ) throws(ConfigurationError) {
        if case .container(var entries) = self, case .object(let members) = value.content {
            for member in members {
                let key = member.key.lowercased()
                if var entry = entries[key] {
                    try entry.node.merge(
                        member.value,
                        timestamp: timestamp,
                        path: path + [entry.key],
                        changes: &changes
                    )
                    entries[key] = entry
                } else {
                    let node = ConfigurationNode(member.value, modified: timestamp)
                    entries[key] = Entry(key: member.key, node: node)
                    changes += node.ends(below: path + [member.key])
                }
            }
            self = .container(entries)
            return
        }
        if let lastModified, lastModified > timestamp {
            throw .outdated(
                "Proposed timestamp is older than the config's latest modified timestamp: "
                    + "\(path.joined(separator: ".").quoted) was written at \(lastModified) ms since 1970"
            )
        }
        let node = ConfigurationNode(value, modified: timestamp)
        if !hasSameValues(as: node) { changes.append(path) }
        self = node
    }

    /// Takes over what is different in `new` from `old`, the defaults of before; the rest stays as the
    /// component left it.
    mutating func adopt(
        _ new: ConfigurationNode,
        insteadOf old: ConfigurationNode?,
        path: [String] = [],
        changes: inout [[String]]
    ) {
        if let old, old.hasSameValues(as: new) { return }
        guard case .container(let newEntries) = new, case .container(var entries) = self else {
            if !hasSameValues(as: new) { changes.append(path) }
            self = new
            return
        }
        var oldEntries: [String: Entry] = [:]
        if case .container(let entries)? = old { oldEntries = entries }
        for (key, entry) in newEntries {
            if var own = entries[key] {
                own.node.adopt(
                    entry.node,
                    insteadOf: oldEntries[key]?.node,
                    path: path + [own.key],
                    changes: &changes
                )
                entries[key] = own
            } else {
                entries[key] = entry
                changes += entry.node.ends(below: path + [entry.key])
            }
        }
        for (key, entry) in oldEntries where newEntries[key] == nil && entries[key] != nil {
            entries[key] = nil
            changes.append(path + [entry.key])
        }
        self = .container(entries)
    }
}
