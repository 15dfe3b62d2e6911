/// Why a call of the manager is refused; the fronts turn it into their own words and codes.
package enum CallError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No such function is deployed; the text says what is.
    case noSuchFunction(String)
    /// No such invocation: it never was, it is answered, it is another's, or its result was not fetched in
    /// time.
    case noSuchInvocation(String)
    /// The function's queue has no room; the text names the limit.
    case queueFull(String)
    /// The caller may not do this; the text says why.
    case forbidden(String)

    /// A sentence for the caller.
    package var description: String {
        switch self {
        case .noSuchFunction(let text), .noSuchInvocation(let text), .queueFull(let text),
            .forbidden(let text):
            text
        }
    }
}
