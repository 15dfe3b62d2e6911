internal import Broker
package import ComponentRunner
package import Components
internal import FoundationEssentials
internal import Glibc
package import GreengrassModel
internal import HTTPTypes
package import Hummingbird
package import LambdaManager
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
internal import ServiceLifecycle
internal import TopicRouter

/// Answers the command line over HTTP on a Unix domain socket.
///
/// Whoever may open the socket may do everything; the socket's mode (0600) is the guard.
package struct ControlServer: Sendable {
    /// A payload that is handed in may have so many bytes: Lambda's limit for an invocation, 6 MiB.
    static let bodyBytesMax = 6 * 1024 * 1024

    /// The longest head of a request.
    ///
    /// Its parameters are a command's arguments: Linux takes 128 KiB each, percent-encoded three times that.
    private static let headBytesMax = 512 * 1024
    /// How long nothing may come of a request that has begun; a command sends it at once.
    private static let idleTimeMax = TimeAmount.seconds(30)

    private let socketPath: String
    let manager: LambdaManager
    let runner: ComponentRunner
    let directory: any ComponentDirectory
    let broker: Broker
    let topicMappings: [TopicMapping]
    let configurationText: @Sendable (String) -> String?
    let metrics: ComponentMetrics
    let redeploy: @Sendable ([String]) async throws -> Void
    private let makeStatus: @Sendable () -> StatusReport
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - socketPath: Where it listens.
    ///   - manager: Whose functions it is about.
    ///   - runner: Whose other components it is about.
    ///   - directory: All of them.
    ///   - configurationText: Tells the configuration of the component with this name, as JSON.
    ///   - metrics: What components measured.
    ///   - topicMappings: The mappings of topics that are in force.
    ///   - eventLoopGroup: Serves the connections.
    ///   - logger: For what nobody else is told.
    ///   - redeploy: Restarts the components with these names, with their files as they are now; throws a
    ///     `ControlError` when it can't.
    ///   - makeStatus: Asked for each status report.
    package init(
        socketPath: String,
        manager: LambdaManager,
        runner: ComponentRunner,
        directory: any ComponentDirectory,
        configurationText: @escaping @Sendable (String) -> String?,
        metrics: ComponentMetrics,
        topicMappings: [TopicMapping],
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        redeploy: @escaping @Sendable ([String]) async throws -> Void,
        makeStatus: @escaping @Sendable () -> StatusReport
    ) {
        self.socketPath = socketPath
        self.manager = manager
        self.runner = runner
        self.directory = directory
        self.configurationText = configurationText
        self.metrics = metrics
        self.broker = manager.broker
        self.topicMappings = topicMappings
        self.redeploy = redeploy
        self.makeStatus = makeStatus
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
    }

    /// The service to run; `onRunning` is called once the socket takes connections.
    package func application(
        onRunning: @escaping @Sendable () async -> Void
    ) -> some ApplicationProtocol {
        var quiet = logger
        // What goes wrong for a caller is told to that caller.
        quiet.logLevel = .critical
        return Application(
            router: router(),
            server: .http1(
                configuration: .init(
                    idleTimeout: Self.idleTimeMax,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.headBytesMax,
                        maxHeaderListSize: Self.headBytesMax
                    )
                )
            ),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socketPath)),
            onServerRunning: { _ in
                chmod(socketPath, 0o600)
                await onRunning()
            },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: quiet
        )
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ErrorAnswers())
        let routes: [(HTTPRequest.Method, String, @Sendable (Request) async throws -> Response)] = [
            (.get, ControlPath.status, { _ in try json(makeStatus()) }),
            (.get, ControlPath.components, components),
            (.post, ControlPath.restartComponents, restartComponents),
            (.post, ControlPath.stopComponents, stopComponents),
            (.post, ControlPath.invoke, invoke),
            (.post, ControlPath.attach, attach),
            (.post, ControlPath.detach, detach),
            (.get, ControlPath.explain, explain),
            (.post, ControlPath.publishLocally, publishLocally),
            (.get, ControlPath.subscribeLocally, subscribeLocally),
            (.post, ControlPath.publishToCloud, publishToCloud),
            (.get, ControlPath.subscribeToCloud, subscribeToCloud),
            (.get, ControlPath.deadLetters, deadLetters),
            (.post, ControlPath.redrive, redrive),
            (.post, ControlPath.drop, drop),
            (.get, ControlPath.spool, spooledMessages),
            (.get, ControlPath.spooledMessage, spooledMessage),
            (.post, ControlPath.purgeSpool, purgeSpool),
        ]
        for (method, path, answer) in routes {
            router.on(RouterPath(path), method: method) { request, _ in
                try await answer(request)
            }
        }
        return router
    }

    func parameter(_ name: String, of request: Request) throws -> String {
        guard let value = request.uri.queryParameters[Substring(name)], !value.isEmpty else {
            throw ControlError(message: "the parameter \(name) is missing")
        }
        return String(value)
    }

    /// The whole body; a caller that does not send it must not hold up the daemon's end.
    func body(of request: Request) async throws -> ByteBuffer {
        try await cancelWhenGracefulShutdown {
            let body = try await request.body.collect(upTo: Self.bodyBytesMax)
            // A body ends early when its reader is cancelled.
            try Task.checkCancellation()
            return body
        }
    }

    func json(_ value: some Encodable) throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: try encoded(value))
        )
    }

    func encoded(_ value: some Encodable) throws -> ByteBuffer {
        ByteBuffer(bytes: try JSONEncoder().encode(value))
    }
}
