/// What is wrong with a JSON text, and where.
package struct JSONProblem: Error, Hashable, Sendable {
    /// Where the reader stood.
    package var place: SourcePlace
    /// What was found and what is allowed.
    package var message: String
}
