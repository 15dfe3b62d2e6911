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

/// What people write for a source.
extension ExplanationSource {
    /// Reads `cloud`, `pubsub`, or any name that leads to one function: its ARN with a version, which need
    /// not be deployed; with an alias; without a qualifier; `NAME`, `NAME:VERSION` or `NAME:ALIAS` with the
    /// name of the function or of its component; `component:NAME`.
    ///
    /// - Throws: What was found and what is allowed.
    package init(
        _ text: String,
        components: [LambdaComponent]
    ) throws(ExplanationSourceError) {
        try self.init(text, deployed: DeployedFunctions(components))
    }

    init(_ text: String, deployed: DeployedFunctions) throws(ExplanationSourceError) {
        switch text {
        case "cloud": self = .cloud
        case "pubsub": self = .localBus
        default: self = .function(try deployed.function(called: text))
        }
    }
}
