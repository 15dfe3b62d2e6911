/// Keeps what components wrote to their configuration beyond the life of the process.
///
/// The texts are this module's own.
package protocol ConfigurationStore: Sendable {
    /// What was kept before the start, by component.
    ///
    /// Called once.
    func restoreConfigurations() -> [String: String]

    /// What `text` makes is a component's configuration from now on; `nil` when it has none any more.
    ///
    /// Takes note and returns at once: the text is made when it is written, since components may change more
    /// often than a disk is written.
    func keepConfiguration(of component: String, _ text: @escaping @Sendable () -> String?)
}
