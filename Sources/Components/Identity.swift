/// Who a token belongs to: one instance of one component.
package struct Identity: Sendable, Hashable {
    /// The component's name.
    package let componentName: String
    /// The instance's number, unique in its component for the life of the daemon.
    package let instance: UInt64

    /// Makes an identity.
    package init(componentName: String, instance: UInt64) {
        self.componentName = componentName
        self.instance = instance
    }
}
