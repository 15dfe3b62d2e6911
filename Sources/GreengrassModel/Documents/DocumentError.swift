/// Documents that can't be used, with everything there is to say about them.
package struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Errors and warnings, at least one error among them; in the order of the files, and within a file of
    /// its lines.
    package var diagnostics: [Diagnostic]

    /// One diagnostic a line.
    package var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}
