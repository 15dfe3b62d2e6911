/// Tells one subscriber from the others.
///
/// Its owner hands the numbers out.
public struct SubscriberID: Hashable, Sendable {
    /// The number.
    public var rawValue: UInt32

    /// Makes an id.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}
