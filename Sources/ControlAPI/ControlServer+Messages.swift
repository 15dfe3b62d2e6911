internal import Broker
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import TopicRouter

/// Messages: publishing and subscribing on the local bus and in the cloud.
extension ControlServer {
    func publishLocally(_ request: Request) async throws -> Response {
        let message = try await message(in: request)
        // A publisher belongs to a thread, and this one is used once.
        return try await answer(broker.makePublisher().publish(message, on: .local))
    }

    func publishToCloud(_ request: Request) async throws -> Response {
        guard let qos = request.uri.queryParameters["qos"].flatMap({ Int($0) }).flatMap(QoS.init(rawValue:))
        else {
            throw ControlError(message: "qos is 0 or 1")
        }
        return try await answer(broker.publishToCloud(message(in: request, qos: qos)))
    }

    private func message(in request: Request, qos: QoS = .atMostOnce) async throws -> Message {
        let topic = try TopicName(parameter("topic", of: request))
        let payload = try await body(of: request)
        return Message(topic: topic, payload: payload, origin: .commandLine, qos: qos)
    }

    /// The answer to who offered a message, once it is kept as durably as its subscribers promise.
    func answer(_ outcome: PublishOutcome) async throws -> Response {
        switch outcome {
        case .accepted(_, let durability):
            try await durability?.get()
            return Response(status: .noContent)
        case .queueFull(let target, let limit):
            throw ControlError(message: "\(target) has no room: \(limit); try again later")
        case .unavailable(let reason):
            throw ControlError(message: reason)
        case .refused(let target, let reason):
            throw ControlError(message: "\(target) does not take this message: \(reason)")
        case .noSubscription:
            throw ControlError(message: "no subscription")
        }
    }

    func subscribeLocally(_ request: Request) async throws -> Response {
        try subscribe(request, on: .local) { $0.announce() }
    }

    func subscribeToCloud(_ request: Request) async throws -> Response {
        guard let uplink = broker.uplink else {
            throw ControlError(
                message: "the cloud is switched off: mqtt.endpoint is \"none\" in trellis.json"
            )
        }
        return try subscribe(request, on: .cloud) { $0.announceConnection(of: uplink) }
    }

    private func subscribe(
        _ request: Request,
        on bus: BusID,
        announce: @escaping @Sendable (MessageSession) -> Void
    ) throws -> Response {
        let filter = try TopicFilter(parameter("topic", of: request))
        return Response(
            status: .ok,
            body: ResponseBody { writer in
                // Begun here: a session whose answer can't be begun would be ended by nobody.
                let session = MessageSession(broker: broker, filter: filter, bus: bus)
                defer { session.end() }
                announce(session)
                try await withGracefulShutdownHandler {
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        for await event in session.events {
                            try await writer.write(line(event.streamed))
                            session.didWrite(event)
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

    private func line(_ message: StreamedMessage) throws -> ByteBuffer {
        var buffer = try encoded(message)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }
}
