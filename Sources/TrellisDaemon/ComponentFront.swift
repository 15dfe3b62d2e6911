internal import Broker
internal import ComponentIPC
internal import Components
internal import ControlAPI
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
        connectionCountMax: (_ most: Int) -> Int,
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
        var limits = ComponentIPCLimits()
        limits.connectionCountMax = connectionCountMax(limits.connectionCountMax)
        server = ComponentIPCServer(services: services, eventLoop: eventLoop, limits: limits)
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

    /// What `trellis status` tells.
    var status: StatusReport.ComponentIPC {
        StatusReport.ComponentIPC(
            socket: socket.path,
            connections: server.connectionCount,
            lostMessages: server.lostMessageCount
        )
    }

    func stop() async {
        await server.shutdown()
    }
}
