/// Tells one bus, an address space of topics, from the others.
///
/// Its owner hands the numbers out.
public struct BusID: Hashable, Sendable {
    /// The number.
    public var rawValue: UInt32

    /// Makes an id.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}
