package import Broker
internal import ComponentIPC
internal import ComponentRunner
internal import Components
internal import ControlAPI
internal import FoundationEssentials
internal import Glibc
internal import GreengrassModel
internal import LambdaIPC
internal import LambdaLauncher
internal import LambdaManager
internal import LambdaRuntimes
package import Logging
internal import MQTTBridge
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Store
internal import UnixSignals

/// The daemon: composes the parts, starts them in the order of their arrows, and ends them in reverse.
package struct Daemon: Sendable {
    /// This program's version.
    package static let version = "0.1.0"

    private let configurationPath: String?
    private let rootOption: String?
    private let observer: (any TrafficObserver)?
    private let logger: Logger
    private let progress: @Sendable (String) -> Void
    private let eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup

    /// Makes a daemon.
    ///
    /// - Parameters:
    ///   - configurationPath: The `trellis.json`; by default the one in the current folder, if there is one.
    ///   - root: The root folder; by default the one that the configuration names.
    ///   - observer: Who is shown the traffic.
    ///   - logger: Gets what goes wrong and what changes.
    ///   - progress: Gets a line for each step of the start.
    package init(
        configurationPath: String?,
        root: String?,
        observer: (any TrafficObserver)?,
        logger: Logger,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.configurationPath = configurationPath
        self.rootOption = root
        self.observer = observer
        self.logger = logger
        self.progress = progress
    }

    /// The root folder that a command means: its option, else what `./trellis.json` names, else `./.trellis`.
    ///
    /// Absolute.
    ///
    /// - Throws: `DocumentError` when there is a `trellis.json` with errors.
    package static func rootFolder(option: String?) throws -> String {
        try TrellisConfiguration.load(root: option).root
    }

    /// Runs until SIGTERM or SIGINT, or until a part fails that nothing works without.
    ///
    /// - Throws: `DocumentError` or `DaemonError` when it can't start.
    package func run() async throws {
        let deployment = try Deployment.load(
            configurationPath: configurationPath,
            root: rootOption,
            archiveProblem: PackageDeployer.problem(of:)
        )
        for warning in deployment.warnings {
            logger.warning("\(warning)")
        }
        let openFileLimit = raiseOpenFileLimit()
        try OpenFileBudget(deployment).check()
        let root = try RootFolder(path: deployment.configuration.root)
        progress("trellis \(Self.version) on \(root.path)")
        let launcherLost = AsyncStream<Void>.makeStream()
        let launcher = ProcessLauncher(
            eventLoopGroup: eventLoopGroup,
            openFileLimit: openFileLimit,
            logger: logger,
            onLauncherLost: { _ in launcherLost.continuation.finish() }
        )
        let containers = FunctionContainers(deployment, root: root.path)
        try launcher.start()
        // The launcher keeps the umask from before: what functions write is theirs to protect.
        umask(0o077)
        do {
            try await runParts(
                deployment,
                root: root,
                launcher: launcher,
                containers: try await containers.use(launcher, logger: logger),
                launcherLost: launcherLost.stream
            )
        } catch {
            await launcher.shutdown()
            throw error
        }
    }

    private func runParts(
        _ deployment: Deployment,
        root: borrowing RootFolder,
        launcher: ProcessLauncher,
        containers: ContainerSupport?,
        launcherLost: AsyncStream<Void>
    ) async throws {
        let configuration = deployment.configuration
        let rootPath = root.path
        let ipcSocket = try IPCSocket(root: rootPath)
        let files = try RuntimeFiles.install(in: root.path)
        var world = FunctionWorld(
            files: files,
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
            defaultUser: configuration.posixUser
        )
        try world.find(for: deployment.components, deployment.genericComponents) {
            logger.warning("\($0)")
        }
        let packages = PackageDeployer(
            root: root.path,
            launcher: launcher,
            eventLoop: eventLoopGroup.next(),
            logger: logger
        )
        if containers != nil {
            await packages.compileRuntimes(in: files.folder, with: Array(world.interpreters.values))
        }
        var deployment = deployment
        deployment.components = try await packages.deploy(
            deployment.components,
            interpreters: world.interpreters
        )
        let store = Store(folder: root.path, eventLoop: eventLoopGroup.next(), logger: logger)
        let broker = Broker(
            limits: Self.brokerLimits(configuration),
            logger: logger,
            observer: observer,
            deadLetterStore: store
        )
        let cloud = try await Cloud.start(
            configuration: configuration,
            root: root,
            broker: broker,
            launcher: launcher,
            eventLoop: eventLoopGroup.next(),
            logger: logger
        )
        let further = try FurtherLinks.start(
            deployment,
            cloud: cloud,
            root: root.path,
            broker: broker,
            eventLoop: eventLoopGroup.next(),
            logger: logger
        )
        if let count = cloud?.restoredCount, count > 0 {
            progress("spool          \(count) messages from before the restart wait for the cloud")
        }
        if let containers {
            progress("containers     \(containers.description)")
        }
        progress(
            "cloud          " + (cloud.map { "\($0.endpoint), \($0.host):\($0.port)" } ?? "switched off")
        )
        for link in further.links {
            progress("link           \(link.name), \(link.host):\(link.port)")
            let count = link.bridge.restoredCount
            if count > 0 {
                progress("spool          \(count) messages from before the restart wait for \(link.name)")
            }
        }
        let tokens = TokenTable()
        let manager = LambdaManager(
            broker: broker,
            tokens: tokens,
            starter: SpareSandboxes(launcher: launcher, eventLoop: eventLoopGroup.next()),
            limits: Self.managerLimits(configuration),
            eventLoopGroup: eventLoopGroup,
            logger: logger
        )

        let services: [any Service]
        do {
            services = try await start(
                deployment,
                root: root,
                manager: manager,
                cloud: cloud,
                further: further,
                launcher: launcher,
                packages: packages,
                world: world,
                store: store,
                tokens: tokens,
                ipcSocket: ipcSocket,
                settings: {
                    settings(
                        configuration,
                        root: rootPath,
                        runtimes: files,
                        containers: containers,
                        port: $0,
                        ipcSocket: ipcSocket
                    )
                }
            )
        } catch {
            await further.stop()
            await cloud?.stop()
            throw error
        }
        var quiet = logger
        quiet.logLevel = .critical
        // Ended from the last to the first.
        try await ServiceGroup(
            services: [
                StartedPart { await launcher.shutdown() },
                // Once nobody can publish any more.
                StartedPart { await store.close(keepingWorkOf: manager) },
                StartedPart { await cloud?.stop() },
                StartedPart { await further.stop() },
                LauncherGuard(isLost: launcherLost),
            ] + services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        ).run()
        progress("ended")
    }

    /// Deploys the functions, connects the cloud and opens the doors; the functions start once the last door
    /// is open.
    private func start(
        _ deployment: Deployment,
        root: borrowing RootFolder,
        manager: LambdaManager,
        cloud: Cloud?,
        further: FurtherLinks,
        launcher: ProcessLauncher,
        packages: PackageDeployer,
        world: FunctionWorld,
        store: Store,
        tokens: TokenTable,
        ipcSocket: IPCSocket,
        settings: (_ port: Int) -> FunctionEnvironment.Settings
    ) async throws -> [any Service] {
        let configuration = deployment.configuration
        let broker = manager.broker
        for component in deployment.components {
            manager.deploy(component, log: LogFile(folder: root.logs, name: component.name.description))
        }
        broker.apply(deployment.subscriptions)
        let resumedCount = store.resumeWork(of: manager)
        if resumedCount > 0 {
            progress("waiting work   \(resumedCount) events from before the restart")
        }
        try cloud?.connect()
        try further.connect()
        let legacyIPC = LambdaIPCServer(
            manager: manager,
            eventLoopGroup: eventLoopGroup,
            logger: logger,
            port: configuration.legacyIPCPort,
            limits: Self.legacyIPCLimits(deployment)
        )
        try await legacyIPC.start()
        progress("legacy IPC     127.0.0.1:\(legacyIPC.port)")
        let subscriptions = configuration.subscriptionsPath.map { path in
            SubscriptionFile(
                path: path,
                initial: deployment.subscriptions,
                mappings: configuration.topicMappings,
                components: { manager.functions.map(\.definition) },
                broker: broker,
                logger: logger
            )
        }
        let rootPath = root.path
        let logs = root.logs
        let runner = ComponentRunner(
            deployment.genericComponents,
            tokens: tokens,
            starter: launcher,
            eventLoopGroup: eventLoopGroup,
            logger: logger
        ) { LogFile(folder: logs, name: $0) }
        let updates = ComponentUpdates(eventLoop: eventLoopGroup.next(), logger: logger)
        let configurations = ComponentConfigurations(store: store, logger: logger)
        try configurations.deploy(deployment)
        let validation = ConfigurationValidation(eventLoop: eventLoopGroup.next())
        let redeployer = Redeployer(
            manager: manager,
            runner: runner,
            updates: updates,
            configuration: ConfigurationFile(
                path: configuration.file,
                configurations: configurations,
                validation: validation
            ),
            subscriptions: subscriptions,
            packages: packages,
            settings: settings(legacyIPC.port),
            world: world,
            mayAskForContainers: FunctionContainers.mayBeAskedForLater(in: deployment),
            shareGroups: deployment.components.shareGroups,
            logger: logger
        )
        let directory = DeployedComponents(manager: manager, runner: runner, redeployer: redeployer)
        let policies = AccessPolicies(thingName: configuration.thingName)
        let accessControl = configuration.file.map { path in
            AccessControlFile(
                path: path,
                initial: configuration.componentSettings,
                policies: policies,
                logger: logger
            )
        }
        let front = ComponentFront(
            socket: ipcSocket,
            manager: manager,
            tokens: tokens,
            policies: policies,
            configurations: configurations,
            validation: validation,
            directory: directory,
            updates: updates,
            connectionCountMax: {
                OpenFileBudget(deployment).componentConnectionCountMax(
                    atMost: $0,
                    beside: Self.legacyIPCLimits(deployment).connectionCountMax
                )
            },
            eventLoop: eventLoopGroup.next(),
            logger: logger
        )
        try await front.start()
        progress("component IPC  \(ipcSocket.path)")
        let socket = try ControlSocket(root: root.path)
        let control = ControlServer(
            socketPath: socket.path,
            manager: manager,
            runner: runner,
            directory: directory,
            configurationText: { configurations.configurationText(of: $0) },
            metrics: front.services.metrics,
            topicMappings: deployment.configuration.topicMappings,
            eventLoopGroup: eventLoopGroup,
            logger: logger,
            redeploy: { try await redeployer.restart($0, isAnnounced: true) },
            makeStatus: { [cloud, further] in
                StatusReport(
                    root: rootPath,
                    port: legacyIPC.port,
                    front: front,
                    manager: manager,
                    runner: runner,
                    cloud: cloud,
                    further: further,
                    store: store
                )
            }
        )
        let counts = (
            functions: deployment.components.count, others: deployment.genericComponents.count,
            rows: deployment.subscriptions.rows.count
        )
        let application = control.application { [progress] in
            manager.start(environment: await redeployer.environment)
            runner.start(environment: await redeployer.componentEnvironment)
            if counts.others > 0 { progress("components     \(counts.others)") }
            progress("functions      \(counts.functions), subscriptions \(counts.rows)")
            progress("running; Ctrl-C ends it")
        }
        let shutdownTimeout = TimeAmount.seconds(configuration.limits.shutdownTimeout.components.seconds)
        var services: [any Service] = [
            StartedPart { await legacyIPC.shutdown() },
            StartedPart { await front.stop() },
            StartedPart { withExtendedLifetime(socket) {} },
            application,
            StartedPart {
                manager.keepEvents()
                async let components: Void = runner.stop()
                await manager.stop(limit: .now() + shutdownTimeout)
                await components
            },
        ]
        for (path, reload) in [
            subscriptions.map { ($0.path, $0.reload) }, accessControl.map { ($0.path, $0.reload) },
        ].compactMap(\.self) {
            services.append(
                try await FileReloader(path: path, eventLoopGroup: eventLoopGroup, reload: reload)
            )
        }
        return services
    }
}
