/// Whose messages a subscription takes.
public enum ResolvedSource: Hashable, Sendable, CustomStringConvertible {
    /// What a function publishes; the qualifier is a version.
    case function(FunctionARN)
    /// What comes down from the cloud.
    case cloud

    /// The ARN or `cloud`.
    public var description: String {
        switch self {
        case .function(let arn): arn.description
        case .cloud: "cloud"
        }
    }
}
