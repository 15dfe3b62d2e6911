/// Names one subscription to changes of a configuration, for its end.
package struct ConfigurationSubscription: Hashable, Sendable {
    let component: String
    let number: UInt64
}
