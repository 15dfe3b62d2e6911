/// The error that a function gets when its table has no row for what it publishes.
public enum NoSubscription {
    /// The text, to the letter as the legacy subscription router writes it; people search for it.
    public static func text(source: String, subject: String) -> String {
        "No subscription exists for the source \(source) and subject \(subject). Deploy and configure "
            + "aws.greengrass.LegacySubscriptionRouter component to support publishing from Lambdas."
    }
}
