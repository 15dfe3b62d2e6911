/// Whether a component may do what it asks for.
package enum AccessDecision: Hashable, Sendable {
    /// A policy allows it.
    case allowed
    /// No policy does; with the text of the refusal, which says what came closest.
    case refused(String)
}
