package import Components
package import GreengrassModel
package import LambdaManager
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// Runs components that are no functions.
///
/// Any thread may call it.
package final class ComponentRunner: Sendable {
    private let context: RunnerContext
    private let deployed: [String: RunningComponent]

    /// Deploys components; none is started.
    ///
    /// - Parameters:
    ///   - definitions: The components, each with another name.
    ///   - tokens: Where their processes' tokens are issued.
    ///   - starter: Starts their processes.
    ///   - eventLoopGroup: Keeps their time.
    ///   - logger: Gets what goes wrong with them.
    ///   - log: Makes the log file of the component with this name.
    package init(
        _ definitions: [GenericComponent],
        tokens: TokenTable,
        starter: any ProcessStarter,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        log: (String) -> LogFile
    ) {
        let context = RunnerContext(tokens: tokens, starter: starter, logger: logger)
        self.context = context
        let components = definitions.map { definition in
            let name = definition.name.description
            return RunningComponent(
                definition,
                component: Component(name: name, version: definition.version, log: log(name)),
                context: context,
                eventLoop: eventLoopGroup.next()
            )
        }
        deployed = Dictionary(components.map { ($0.component.name, $0) }) { first, _ in first }
    }

    /// Every component, in the order of their names.
    package var components: [RunningComponent] {
        deployed.values.sorted { $0.component.name < $1.component.name }
    }

    /// The component of this name; `nil` when it is not deployed, or is a function.
    package func component(named name: String) -> RunningComponent? { deployed[name] }

    /// Starts every component in `environment`.
    package func start(environment: ComponentEnvironment) {
        context.environment = environment
        for component in components {
            component.start()
        }
    }

    /// Deploys other definitions of components that are deployed, in their places: their processes are
    /// restarted.
    package func redeploy(_ definitions: [GenericComponent], environment: ComponentEnvironment) {
        context.environment = environment
        for definition in definitions {
            deployed[definition.name.description]?.redeploy(definition)
        }
    }

    /// Ends every component; returns when the last process is gone.
    package func stop() async {
        let ends = components.map { $0.stop() }
        for end in ends {
            try? await end.get()
        }
    }
}

/// What every component shares.
final class RunnerContext: Sendable {
    let tokens: TokenTable
    let starter: any ProcessStarter
    let logger: Logger
    private let storedEnvironment = NIOLockedValueBox<ComponentEnvironment?>(nil)

    init(tokens: TokenTable, starter: any ProcessStarter, logger: Logger) {
        self.tokens = tokens
        self.starter = starter
        self.logger = logger
    }

    /// Set before the first start.
    var environment: ComponentEnvironment? {
        get { storedEnvironment.withLockedValue { $0 } }
        set { storedEnvironment.withLockedValue { $0 = newValue } }
    }
}
