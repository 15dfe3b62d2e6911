internal import Components
package import GreengrassModel
package import TopicRouter

/// Who calls the manager: one instance of a function, as its token says.
///
/// An object, since it is handed on many times with each request.
package final class Caller: Sendable {
    let function: LambdaFunction
    let identity: Identity
    /// The bus that what the function publishes goes on.
    package let bus: BusID

    /// The function's ARN with its version, as the instance was started with; another one may be deployed
    /// while it serves its last invocation.
    package let arn: FunctionARN

    init(function: LambdaFunction, identity: Identity, bus: BusID, arn: FunctionARN) {
        self.function = function
        self.identity = identity
        self.bus = bus
        self.arn = arn
    }

    /// The same as text.
    package var name: String { identity.functionName }

    var instance: UInt64 { identity.instance }

    /// Notes that the instance calls, which is a sign of life.
    ///
    /// - Returns: How many functions stand before what it publishes now.
    package func didCall() -> Int { function.didCall(instance) }
}
