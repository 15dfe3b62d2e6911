/// Why a configuration can't be read or changed as asked.
package enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such component, or no such key.
    case notFound(String)
    /// What is there is newer than the change.
    case outdated(String)
    /// The request itself makes no sense, or asks for too much.
    case invalid(String)

    /// What was found and what is allowed.
    package var description: String {
        switch self {
        case .notFound(let message), .outdated(let message), .invalid(let message): message
        }
    }
}
