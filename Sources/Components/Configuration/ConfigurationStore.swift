/// Keeps what components wrote to their configuration beyond the life of the process.
///
/// The texts are this module's own. `keepConfiguration` takes note and returns at once.
package protocol ConfigurationStore: Sendable {
    /// What was kept before the start, by component.
    ///
    /// Called once.
    func restoreConfigurations() -> [String: String]

    /// This is a component's configuration from now on; `nil` when it has none any more.
    func keepConfiguration(_ text: String?, of component: String)
}
