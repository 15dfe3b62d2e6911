/// A text that names nothing, or more than one thing, that can publish.
package enum ExplanationSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text begins with `arn:`, or must be the end of one, and is no function ARN.
    case malformedARN(FunctionARNError)
    /// What follows `component:` is no component name.
    case malformedComponentName(ComponentNameError)
    /// The qualifier is `$LATEST`, which no message has as its source.
    case latest(FunctionARN)
    /// The qualifier is no version and no alias that a component file has; the text says which it has.
    case unknownAlias(FunctionARN, explanation: String)
    /// No function that is deployed is called so; `suggestion` is the name that was probably meant, and
    /// `deployed` are all of its kind.
    case notDeployed(found: String, suggestion: String?, deployed: [String])
    /// More than one deployed function is called so.
    case ambiguous(found: String, candidates: [FunctionARN])

    private static let allowed =
        "a source is the ARN of a function with its version, the name of a deployed function or component, "
        + "component:NAME, cloud or pubsub"

    /// What was found and what is allowed, on one line.
    package var description: String {
        switch self {
        case .malformedARN(let error):
            return error.description
        case .malformedComponentName(let error):
            return error.description
        case .latest(let arn):
            let example = "\(arn.unqualified):1"
            return "found \(arn.description.quoted); a message comes from a version, for example \(example)"
        case .unknownAlias(let arn, let explanation):
            return "found \(arn.description.quoted); \(explanation)"
        case .notDeployed(let found, let suggestion, let deployed):
            let question = suggestion.map { "did you mean \($0)? " } ?? ""
            let names = deployed.isEmpty ? "no function is deployed" : "deployed are \(deployed.list)"
            return "found \(found.quoted); \(question)\(names); \(Self.allowed)"
        case .ambiguous(let found, let candidates):
            let names = candidates.map(\.description).list
            return "found \(found.quoted), which is the name of more than one function; use one of \(names)"
        }
    }
}
