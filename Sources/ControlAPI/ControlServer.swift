internal import Broker
internal import Components
internal import FoundationEssentials
internal import Glibc
internal import GreengrassModel
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

    private let socketPath: String
    private let manager: LambdaManager
    private let broker: Broker
    private let makeStatus: @Sendable () -> StatusReport
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger

    /// Makes a server; `makeStatus` is asked for each status report.
    package init(
        socketPath: String,
        manager: LambdaManager,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        makeStatus: @escaping @Sendable () -> StatusReport
    ) {
        self.socketPath = socketPath
        self.manager = manager
        self.broker = manager.broker
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
        router.get(RouterPath(ControlPath.status)) { _, _ in
            try json(makeStatus())
        }
        router.post(RouterPath(ControlPath.invoke)) { request, _ in
            try await answeringErrors { try await invoke(request) }
        }
        router.post(RouterPath(ControlPath.publishToCloud)) { request, _ in
            try await answeringErrors { try await publishToCloud(request) }
        }
        router.get(RouterPath(ControlPath.subscribeToCloud)) { request, _ in
            try await answeringErrors { try subscribeToCloud(request) }
        }
        return router
    }

    private func invoke(_ request: Request) async throws -> Response {
        let function = try manager.function(named: parameter("function", of: request)).get()
        let payload = try await request.body.collect(upTo: Self.bodyBytesMax)
        let result = try await manager.invokeAndWait(
            function.name,
            payload: payload,
            clientContext: request.headers[.clientContext] ?? ""
        )
        var response = Response(status: .ok, body: ResponseBody(byteBuffer: result.payload))
        response.headers[.functionError] = result.functionError?.rawValue
        response.headers[.executedVersion] = function.arn.qualifier
        return response
    }

    private func publishToCloud(_ request: Request) async throws -> Response {
        let topic = try TopicName(parameter("topic", of: request))
        guard let qos = request.uri.queryParameters["qos"].flatMap({ Int($0) }).flatMap(QoS.init(rawValue:))
        else {
            throw ControlError(message: "qos is 0 or 1")
        }
        let payload = try await request.body.collect(upTo: Self.bodyBytesMax)
        let message = Message(topic: topic, payload: payload, origin: .commandLine, qos: qos)
        switch broker.publishToCloud(message) {
        case .accepted(_, let durability):
            try await durability?.get()
            return Response(status: .noContent)
        case .queueFull(let target, let limit):
            throw ControlError(message: "\(target) has no room: \(limit); try again later")
        case .unavailable(let reason):
            throw ControlError(message: reason)
        case .noSubscription:
            throw ControlError(message: "no subscription")
        }
    }

    private func subscribeToCloud(_ request: Request) throws -> Response {
        let filter = try TopicFilter(parameter("topic", of: request))
        guard let uplink = broker.uplink else {
            throw ControlError(
                message: "the cloud is switched off: mqtt.endpoint is \"none\" in trellis.json"
            )
        }
        return Response(
            status: .ok,
            body: ResponseBody { writer in
                // Begun here: a session whose answer can't be begun would be ended by nobody.
                let session = MessageSession(broker: broker, filter: filter, bus: .cloud)
                defer { session.end() }
                session.announceConnection(of: uplink)
                try await withGracefulShutdownHandler {
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        for await event in session.events {
                            try await writer.write(line(event.streamed))
                        }
                    } onInboundClosed: {
                        session.end()
                    }
                } onGracefulShutdown: {
                    session.end()
                }
                try await writer.finish(nil)
            }
        )
    }

    private func parameter(_ name: String, of request: Request) throws -> String {
        guard let value = request.uri.queryParameters[Substring(name)], !value.isEmpty else {
            throw ControlError(message: "the parameter \(name) is missing")
        }
        return String(value)
    }

    /// Answers an error of ours with its sentence; it is the caller's to show.
    private func answeringErrors(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let error as ControlError {
            return try json(error, status: .badRequest)
        } catch let error as TopicError {
            return try json(ControlError(message: error.description), status: .badRequest)
        } catch let error as CallError {
            return try json(ControlError(message: error.description), status: .badRequest)
        }
    }

    private func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: try encoded(value))
        )
    }

    private func line(_ message: StreamedMessage) throws -> ByteBuffer {
        var buffer = try encoded(message)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    private func encoded(_ value: some Encodable) throws -> ByteBuffer {
        ByteBuffer(bytes: try JSONEncoder().encode(value))
    }
}

extension HTTPField.Name {
    fileprivate static let functionError = Self(known: ControlPath.functionErrorHeader)
    fileprivate static let executedVersion = Self(known: ControlPath.executedVersionHeader)
    fileprivate static let clientContext = Self(known: ControlPath.clientContextHeader)

    /// A name that is known to be a token, so that the other branch is never taken.
    private init(known name: String) {
        self = Self(name) ?? .accept
    }
}
