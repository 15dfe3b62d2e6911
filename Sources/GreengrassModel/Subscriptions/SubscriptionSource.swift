/// Whose messages a subscription takes, as the file has it.
public enum SubscriptionSource: Hashable, Sendable {
    /// What a function publishes; the qualifier is a version or an alias.
    case function(FunctionARN)
    /// What the function of a component publishes.
    case component(ComponentName)
    /// What comes down from the cloud; an extension that the groups of Greengrass V1 need.
    case cloud
}
