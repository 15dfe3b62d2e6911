/// Why the daemon can't start or go on: a sentence that says what to do.
package struct DaemonError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
