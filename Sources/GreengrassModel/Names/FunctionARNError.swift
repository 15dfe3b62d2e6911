/// A text that is no function ARN.
public struct FunctionARNError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text.
    public let found: String
    /// What the part that is wrong may be.
    public let allowed: String

    /// What was found and what is allowed, on one line.
    public var description: String {
        "found \(found.quoted); \(allowed)"
    }
}
