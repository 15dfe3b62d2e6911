internal import Broker
internal import ComponentIPC
internal import Components
internal import LambdaManager
internal import Logging
internal import NIOCore

/// The Greengrass IPC with what it stands on.
struct ComponentFront {
    let services: ComponentServices
    private let server: ComponentIPCServer
    private let socket: IPCSocket

    /// Composes it; nobody can connect yet.
    init(
        socket: IPCSocket,
        manager: LambdaManager,
        tokens: TokenTable,
        policies: AccessPolicies,
        configurations: ComponentConfigurations,
        validation: ConfigurationValidation,
        directory: any ComponentDirectory,
        updates: ComponentUpdates,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        services = ComponentServices(
            broker: manager.broker,
            tokens: tokens,
            policies: policies,
            configurations: configurations,
            validation: validation,
            directory: directory,
            updates: updates,
            metrics: ComponentMetrics(),
            debugPasswords: DebugPasswords(),
            hops: { manager.didCall($0) },
            logger: logger
        )
        server = ComponentIPCServer(services: services, eventLoop: eventLoop)
        self.socket = socket
    }

    /// Lets components connect.
    ///
    /// - Throws: `DaemonError` when the socket can't be made.
    func start() async throws {
        do {
            try await server.start(socketPath: socket.path)
        } catch {
            throw DaemonError("can't listen on \(socket.path) for components: \(error)")
        }
        try socket.open()
    }

    func stop() async {
        await server.shutdown()
    }
}
