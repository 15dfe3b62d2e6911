/// Why the legacy API could not be opened.
package struct LambdaIPCServerError: Error, CustomStringConvertible {
    /// What failed, and what to do.
    package let description: String
    /// The error underneath.
    package let cause: any Error
}
