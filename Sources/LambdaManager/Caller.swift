package import GreengrassModel
package import TopicRouter

/// Who calls the manager: one instance of a function, as its token says.
package struct Caller: Sendable {
    let function: LambdaFunction
    let instance: UInt64
    /// The bus that what the function publishes goes on.
    package let bus: BusID

    /// The function's ARN with its version.
    package var arn: FunctionARN { function.arn }

    /// The function's ARN with its version, as text.
    package var name: String { function.name }

    /// How many functions stand before what the instance publishes now.
    package var hops: Int { function.hops(of: instance) }
}
