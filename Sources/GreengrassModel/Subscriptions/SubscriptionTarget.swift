/// Where a subscription sends messages, as the file has it.
public enum SubscriptionTarget: Hashable, Sendable {
    /// Up to the cloud.
    case cloud
    /// To a function; the qualifier is a version or an alias.
    case function(FunctionARN)
    /// To the function of a component.
    case component(ComponentName)
    /// On the local bus; an extension.
    case localBus
}
