internal import Broker
internal import Components

/// Who a connection belongs to, for its whole life: what its token said.
///
/// An object, since it is handed on with every request.
final class SessionIdentity: Sendable {
    let identity: Identity
    /// As who its messages are published.
    let origin: Origin
    /// As who the same component publishes through the legacy API, when it is a Lambda function.
    let functionOrigin: Origin?

    init(_ identity: Identity) {
        self.identity = identity
        origin = .component(identity.componentName)
        functionOrigin = identity.arn.map { .function($0) }
    }

    var componentName: String { identity.componentName }
}
