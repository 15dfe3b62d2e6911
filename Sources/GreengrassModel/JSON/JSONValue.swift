/// A value of a JSON text that knows where it stands.
package struct JSONValue: Sendable {
    /// What the value is.
    package enum Content: Sendable {
        /// The literal `null`.
        case null
        /// `true` or `false`.
        case bool(Bool)
        /// A number, as it is written.
        case number(String)
        /// A string, unescaped.
        case string(String)
        /// The elements of an array.
        case array([JSONValue])
        /// The members of an object in the order of the file; no key stands twice.
        case object([JSONMember])
    }

    /// What the value is.
    package var content: Content
    /// Where the value begins.
    package var place: SourcePlace

    /// Makes a value.
    package init(content: Content, place: SourcePlace) {
        self.content = content
        self.place = place
    }

    /// What an error message says was found: the kind and, where it is short, the value, on one line.
    package var summary: String {
        switch content {
        case .null: "null"
        case .bool(let value): String(value)
        case .number(let text): text
        case .string(let text): text.quoted
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// One `"key": value` of a JSON object.
package struct JSONMember: Sendable {
    /// The key, unescaped.
    package var key: String
    /// Where the key begins.
    package var place: SourcePlace
    /// The value.
    package var value: JSONValue

    /// Makes a member.
    package init(key: String, place: SourcePlace, value: JSONValue) {
        self.key = key
        self.place = place
        self.value = value
    }
}
