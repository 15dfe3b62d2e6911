internal import Components
internal import GreengrassModel

/// The configuration file as the source of what components are configured with.
struct ConfigurationFile: Sendable {
    /// What a component is to be configured with.
    struct Change: Sendable {
        let component: String
        /// A JSON object.
        let defaults: String
    }

    /// So much of a component's reason is shown.
    private static let reasonLengthMax = 1_000

    /// `nil` when there is no file.
    let path: String?
    let configurations: ComponentConfigurations
    let validation: ConfigurationValidation

    /// Reads the file again, and asks the components that it configures in another way now if they can work
    /// with that.
    ///
    /// - Parameters:
    ///   - names: The components that count.
    ///   - deploymentID: What the components are told that this is.
    /// - Returns: What is to be applied.
    /// - Throws: `DocumentError` when the file has errors, `DaemonError` when a component can't work with it.
    func changes(of names: [String], deploymentID: String) async throws -> [Change] {
        guard let path else { return [] }
        let settings = try ComponentSettings.load(path).settings
        var changes: [Change] = []
        for name in names {
            let change = Change(component: name, defaults: settings.configuration(of: name))
            // Defaults that change nothing now may still be others than before.
            changes.append(change)
            guard let proposal = try proposal(change) else { continue }
            let verdict = await validation.ask(name, configuration: proposal, deploymentId: deploymentID)
            if case .rejected(let reason) = verdict {
                throw DaemonError(
                    "\(name) can't work with its new configuration: \(reason.prefix(Self.reasonLengthMax))"
                )
            }
        }
        return changes
    }

    private func proposal(_ change: Change) throws(DaemonError) -> String? {
        do {
            return try configurations.proposal(of: change.component, withDefaults: change.defaults)
        } catch {
            throw DaemonError("\(error)")
        }
    }

    /// Configures components as they have agreed to be.
    func apply(_ changes: [Change]) {
        for change in changes {
            // It was good enough for a proposal.
            try? configurations.deploy(change.component, defaults: change.defaults)
        }
    }
}
