/// Where a subscription sends messages.
public enum ResolvedTarget: Hashable, Sendable, CustomStringConvertible {
    /// Up to the cloud.
    case cloud
    /// On the local bus.
    case localBus
    /// To a function; the qualifier is a version.
    case function(FunctionARN)

    /// The word or ARN that `subscriptions.json` has for it.
    public var description: String {
        switch self {
        case .cloud: "cloud"
        case .localBus: "pubsub"
        case .function(let arn): arn.description
        }
    }
}
