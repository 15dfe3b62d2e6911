package import TopicRouter

/// A question that can't be answered, because one of its texts is wrong.
package enum ExplanationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The source.
    case source(ExplanationSourceError)
    /// The topic.
    case topic(TopicError)

    /// What was found and what is allowed, on one line.
    package var description: String {
        switch self {
        case .source(let error): error.description
        case .topic(let error): error.description
        }
    }
}
