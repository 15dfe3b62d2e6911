/// The name of a component, for example `com.example.Hello`.
///
/// 1 to 128 letters, digits, dots, hyphens and underscores, as Greengrass has it. A component's folders and
/// log file are called by its name, so a name of dots alone is refused.
public struct ComponentName: Hashable, Sendable, Comparable, CustomStringConvertible {
    private static let lengthMax = 128

    /// The name as it is written.
    public let description: String

    /// Checks a name.
    ///
    /// - Throws: What was found and what is allowed.
    public init(_ text: some StringProtocol) throws(ComponentNameError) {
        let name = String(text)
        let isName = name.isMade { $0.isLetter || $0.isNumber || ".-_".contains($0) }
        guard isName, (1...Self.lengthMax).contains(name.utf8.count), name.contains(where: { $0 != "." })
        else {
            throw ComponentNameError(found: name)
        }
        description = name
    }

    /// Orders names as texts.
    public static func < (one: ComponentName, other: ComponentName) -> Bool {
        one.description < other.description
    }
}
