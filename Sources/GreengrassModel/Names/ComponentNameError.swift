/// A text that is no component name.
public struct ComponentNameError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text.
    public let found: String

    /// What was found and what is allowed, on one line.
    public var description: String {
        "found \(found.quoted); \(Self.allowed)"
    }

    static let allowed = "a component name is 1 to 128 letters, digits, dots, hyphens and underscores"
}
