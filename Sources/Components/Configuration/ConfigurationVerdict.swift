/// What a component says of a configuration that it is to get.
package enum ConfigurationVerdict: Hashable, Sendable {
    /// It can work with it.
    case accepted
    /// It can't, or did not answer in time; why.
    case rejected(String)
    /// It did not ask to be asked.
    case nobody
}
