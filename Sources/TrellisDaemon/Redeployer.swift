internal import Broker
internal import ComponentRunner
internal import Components
internal import ControlAPI
internal import FoundationEssentials
internal import GreengrassModel
internal import LambdaManager
internal import Logging

/// Restarts components with what their files say now; a file with errors is refused, and what runs goes on.
///
/// One restart after the other.
actor Redeployer {
    private let manager: LambdaManager
    private let runner: ComponentRunner
    private let updates: ComponentUpdates
    private let configuration: ConfigurationFile
    private let subscriptions: SubscriptionFile?
    private let packages: PackageDeployer
    private let settings: FunctionEnvironment.Settings
    /// Whether the daemon's start has found out if there are containers.
    private let mayAskForContainers: Bool
    /// The groups that have a link to the cloud.
    private let shareGroups: Set<String>
    private let logger: Logger
    private var world: FunctionWorld
    private var isBusy = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(
        manager: LambdaManager,
        runner: ComponentRunner,
        updates: ComponentUpdates,
        configuration: ConfigurationFile,
        subscriptions: SubscriptionFile?,
        packages: PackageDeployer,
        settings: FunctionEnvironment.Settings,
        world: FunctionWorld,
        mayAskForContainers: Bool,
        shareGroups: Set<String>,
        logger: Logger
    ) {
        self.manager = manager
        self.runner = runner
        self.updates = updates
        self.configuration = configuration
        self.subscriptions = subscriptions
        self.packages = packages
        self.settings = settings
        self.world = world
        self.mayAskForContainers = mayAskForContainers
        self.shareGroups = shareGroups
        self.logger = logger
    }

    /// What functions run in now.
    var environment: FunctionEnvironment {
        FunctionEnvironment(
            settings: settings,
            interpreters: world.interpreters,
            accounts: world.accounts
        )
    }

    /// What other components run in now.
    var componentEnvironment: ComponentEnvironment {
        ComponentEnvironment(settings: settings, accounts: world.accounts)
    }

    /// Reads the files of the components called `names`, and restarts them with that.
    ///
    /// - Parameters:
    ///   - names: The components, which are deployed.
    ///   - isAnnounced: Whether those who subscribed to component updates are asked before, and told after.
    /// - Throws: `ControlError` with everything there is to say about the files, when one can't be used.
    func restart(_ names: [String], isAnnounced: Bool) async throws {
        let componentNames = Set(names.compactMap { try? ComponentName($0) })
        let deploymentID = UUID().uuidString
        do {
            if isAnnounced {
                // What can't be done needs no consent.
                _ = try reread(componentNames)
                defer { updates.finish(deploymentId: deploymentID) }
                // Not in turn: who puts it off does not hold up others.
                let list = names.joined(separator: ", ")
                try await updates.announce(updateOf: list, deploymentId: deploymentID)
                try await redeployInTurn(componentNames, deploymentID)
            } else {
                try await redeployInTurn(componentNames, deploymentID)
            }
        } catch let error as DocumentError {
            throw refusal(names, "\(error)")
        } catch let error as DaemonError {
            throw refusal(names, "\(error)")
        } catch is CancellationError {
            throw refusal(names, "the daemon ends")
        }
    }

    private func redeployInTurn(_ names: Set<ComponentName>, _ deploymentID: String) async throws {
        await takeTurn()
        defer { passTurnOn() }
        try await redeploy(names, deploymentID)
    }

    private struct Reread {
        let functions: [LambdaComponent]
        let others: [GenericComponent]
        let warnings: [Diagnostic]
    }

    private func reread(_ names: Set<ComponentName>) throws(DocumentError) -> Reread {
        let deployed = runner.components.map(\.definition)
        let (functions, warnings) = try Deployment.reread(
            names,
            of: manager.functions.map(\.definition),
            beside: deployed,
            archiveProblem: PackageDeployer.problem(of:)
        )
        let (others, moreWarnings) = try GenericComponent.reread(names, of: deployed)
        return Reread(functions: functions, others: others, warnings: warnings + moreWarnings)
    }

    private func redeploy(_ names: Set<ComponentName>, _ deploymentID: String) async throws {
        let deployed = manager.functions.map(\.definition)
        let read = try reread(names)
        let components = read.functions
        if !mayAskForContainers, let component = components.first(where: \.wantsContainer) {
            throw DaemonError(
                "\(component.name) asks for a container now, and nothing did when the daemon started: "
                    + "start it again, so that it finds out how containers can be made here"
            )
        }
        if let group = components.shareGroups.subtracting(shareGroups).first {
            throw DaemonError(
                "$share/\(group)/ is a new group, and each has a connection of its own, made when the daemon "
                    + "starts: start it again"
            )
        }
        let all = deployed.filter { !names.contains($0.name) } + components
        let table = try subscriptions?.table(with: all)
        var world = world
        try world.find(for: components, read.others) { logger.warning("\($0)") }
        let definitions = try await packages.deploy(components, interpreters: world.interpreters)
        let changes = try await configuration.changes(
            of: names.map(\.description).sorted(),
            deploymentID: deploymentID
        )
        self.world = world
        configuration.apply(changes)
        for warning in read.warnings {
            logger.warning("\(warning)")
        }
        for definition in definitions {
            guard let before = deployed.first(where: { $0.name == definition.name }) else { continue }
            let change = ", with its changed file: version \(definition.version), \(definition.arn)"
            logger.notice("\(definition.name): restarts\(before == definition ? "" : change)")
        }
        for other in read.others {
            let isChanged = runner.component(named: "\(other.name)")?.definition != other
            logger.notice("\(other.name): restarts\(isChanged ? ", with what its file says now" : "")")
        }
        manager.redeploy(definitions, subscriptions: table, environment: environment)
        runner.redeploy(read.others, environment: componentEnvironment)
        // A change of the file meanwhile was read with what was deployed before.
        subscriptions?.reload()
    }

    private func refusal(_ names: [String], _ reasons: String) -> ControlError {
        let names = names.joined(separator: ", ")
        return ControlError(
            message: "nothing was restarted, and \(names) goes on as before:\n\(reasons)"
        )
    }

    /// An actor is entered again while it waits; restarts take turns all the same.
    private func takeTurn() async {
        guard isBusy else {
            isBusy = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    private func passTurnOn() {
        if queue.isEmpty {
            isBusy = false
        } else {
            queue.removeFirst().resume()
        }
    }
}
