/// The `configuration` of one component, as its file says it.
package struct ComponentConfiguration: Hashable, Sendable {
    /// The most bytes, as JSON without blanks.
    package static let bytesMax = 1024 * 1024
    /// How many lists and objects may lie in each other: half of what any document may have.
    package static let depthMax = 32
    /// The key that holds policies, as in a recipe, and that components may not write.
    package static let accessControl = "accessControl"

    /// The component's name.
    package var component: String
    /// An object, as JSON without blanks.
    package var text: String
    /// Where the object stands.
    package var place: SourcePlace

    static func read(_ node: DocumentNode, component: String) -> ComponentConfiguration? {
        guard case .object = node.value.content else {
            node.reject("a configuration is an object")
            return nil
        }
        guard node.value.depth <= depthMax else {
            node.reject("at most \(depthMax) levels are allowed", found: "\(node.value.depth) levels")
            return nil
        }
        let text = node.value.text
        guard text.utf8.count <= bytesMax else {
            node.reject("at most \(bytesMax) bytes are allowed", found: "\(text.utf8.count) bytes")
            return nil
        }
        checkCase(node)
        return ComponentConfiguration(component: component, text: text, place: node.value.place)
    }

    /// Refuses keys that are the same but for their case, since keys are looked for in any.
    private static func checkCase(_ node: DocumentNode) {
        guard case .object(let members) = node.value.content else { return }
        var known: Set<String> = []
        for member in members {
            if !known.insert(member.key.lowercased()).inserted {
                node.log.add(
                    .error,
                    "found the key \(member.key.quoted) twice but for its case, which does not matter in a "
                        + "configuration; give one of them another name",
                    at: member.place,
                    keyPath: node.keyPath
                )
            }
            checkCase(node.child(member.value, key: member.key))
        }
    }
}
