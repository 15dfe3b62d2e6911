/// Where a message that is to be explained is published.
package enum ExplanationSource: Hashable, Sendable, CustomStringConvertible {
    /// By a function, on the bus that is its own; the qualifier is a version.
    case function(FunctionARN)
    /// In the cloud, from where it comes down.
    case cloud
    /// On the local bus.
    case localBus

    /// Whose messages a subscription takes.
    init(_ source: ResolvedSource) {
        switch source {
        case .function(let arn): self = .function(arn)
        case .cloud: self = .cloud
        }
    }

    /// The ARN, `cloud` or `pubsub`.
    package var description: String {
        switch self {
        case .function(let arn): arn.description
        case .cloud: "cloud"
        case .localBus: "pubsub"
        }
    }
}
