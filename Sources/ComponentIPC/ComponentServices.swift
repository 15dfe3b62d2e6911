package import Broker
package import Components
package import Logging

/// The parts of the daemon that operations of the Greengrass IPC speak to.
package struct ComponentServices: Sendable {
    /// Where messages go.
    package var broker: Broker
    /// Who connects.
    package var tokens: TokenTable
    /// What components may do.
    package var policies: AccessPolicies
    /// What components are configured with.
    package var configurations: ComponentConfigurations
    /// Who is asked before a configuration is taken.
    package var validation: ConfigurationValidation
    /// The components themselves.
    package var directory: any ComponentDirectory
    /// Who asked to be told of updates.
    package var updates: ComponentUpdates
    /// What components measured.
    package var metrics: ComponentMetrics
    /// Who may log in for a while.
    package var debugPasswords: DebugPasswords
    /// How many functions the message that this instance is handling has passed through, itself counted; 0
    /// when it handles none.
    package var hops: @Sendable (Identity) -> Int
    /// Told what goes wrong.
    package var logger: Logger

    /// Puts the parts together.
    package init(
        broker: Broker,
        tokens: TokenTable,
        policies: AccessPolicies,
        configurations: ComponentConfigurations,
        validation: ConfigurationValidation,
        directory: any ComponentDirectory,
        updates: ComponentUpdates,
        metrics: ComponentMetrics,
        debugPasswords: DebugPasswords,
        hops: @escaping @Sendable (Identity) -> Int,
        logger: Logger
    ) {
        self.broker = broker
        self.tokens = tokens
        self.policies = policies
        self.configurations = configurations
        self.validation = validation
        self.directory = directory
        self.updates = updates
        self.metrics = metrics
        self.debugPasswords = debugPasswords
        self.hops = hops
        self.logger = logger
    }
}
