/// One thing to say about a document.
///
/// Its `description` is one line, for example
/// `subscriptions.json:7:19: error: subscriptions.hello.source: found "moon"; a source is …`.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// How much it matters.
    package enum Severity: String, Sendable {
        /// The document can't be used.
        case error
        /// The document can be used, but it probably does not do what its author thinks.
        case warning
    }

    /// How much it matters.
    package var severity: Severity
    /// The file, as it was named.
    package var file: String
    /// Where in the file; `nil` when it is about the file as a whole.
    package var place: SourcePlace?
    /// The keys that lead to the value, for example `subscriptions.hello.subject`; empty for the document
    /// itself.
    package var keyPath: String
    /// What was found and what is allowed.
    package var message: String

    /// File, place, severity, key path and message on one line.
    package var description: String {
        var location = file.escaped
        if let place { location += ":\(place.line):\(place.column)" }
        let path = keyPath.isEmpty ? "" : "\(keyPath): "
        return "\(location): \(severity.rawValue): \(path)\(message)"
    }
}
