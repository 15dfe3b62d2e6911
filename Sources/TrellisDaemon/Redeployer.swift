internal import Broker
internal import ControlAPI
internal import GreengrassModel
internal import LambdaManager
internal import Logging

/// Restarts functions with what their files say now; a file with errors is refused, and what runs goes on.
///
/// One restart after the other.
actor Redeployer {
    private let manager: LambdaManager
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
        subscriptions: SubscriptionFile?,
        packages: PackageDeployer,
        settings: FunctionEnvironment.Settings,
        world: FunctionWorld,
        mayAskForContainers: Bool,
        shareGroups: Set<String>,
        logger: Logger
    ) {
        self.manager = manager
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

    /// Reads the files of the components called `names`, and restarts them with that.
    ///
    /// - Throws: `ControlError` with everything there is to say about the files, when one can't be used.
    func restart(_ names: [String]) async throws {
        await takeTurn()
        defer { passTurnOn() }
        do {
            try await redeploy(Set(names.compactMap { try? ComponentName($0) }))
        } catch let error as DocumentError {
            throw refusal(names, "\(error)")
        } catch let error as DaemonError {
            throw refusal(names, "\(error)")
        }
    }

    private func redeploy(_ names: Set<ComponentName>) async throws {
        let deployed = manager.functions.map(\.definition)
        let (components, warnings) = try Deployment.reread(
            names,
            of: deployed,
            archiveProblem: PackageDeployer.problem(of:)
        )
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
        try world.find(for: components) { logger.warning("\($0)") }
        let definitions = try await packages.deploy(components, interpreters: world.interpreters)
        self.world = world
        for warning in warnings {
            logger.warning("\(warning)")
        }
        for definition in definitions {
            guard let before = deployed.first(where: { $0.name == definition.name }) else { continue }
            let change = ", with its changed file: version \(definition.version), \(definition.arn)"
            logger.notice("\(definition.name): restarts\(before == definition ? "" : change)")
        }
        manager.redeploy(definitions, subscriptions: table, environment: environment)
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
