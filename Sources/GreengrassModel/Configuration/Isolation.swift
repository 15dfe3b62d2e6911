/// What becomes of functions that ask for a container (`GreengrassContainer`): `isolation` of `trellis.json`.
package enum Isolation: Hashable, Sendable {
    /// They get one where the machine can make one, else they run without, and there is a warning.
    case auto
    /// They get one, else the daemon does not start.
    case required
    /// They run without.
    case off

    static let words: KeyValuePairs = ["auto": Isolation.auto, "required": .required, "off": .off]
}
