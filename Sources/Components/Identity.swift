package import GreengrassModel

/// Who a token belongs to: one instance of one component.
package struct Identity: Sendable, Hashable {
    /// The component's name.
    package let componentName: String
    /// The instance's number, unique in its component for the life of the daemon.
    package let instance: UInt64

    /// The ARN of the function that the instance was started as, which stays its own when another version is
    /// deployed; `nil` for who is no instance.
    package let arn: FunctionARN?
    /// The same as text; empty without one.
    package let functionName: String

    /// Makes an identity.
    package init(componentName: String, instance: UInt64, arn: FunctionARN? = nil) {
        self.componentName = componentName
        self.instance = instance
        self.arn = arn
        self.functionName = arn?.description ?? ""
    }
}
