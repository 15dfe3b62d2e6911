internal import Broker
internal import Components
internal import Logging
internal import NIOCore

/// What each operation leads to, and the ways to answer.
extension Session {
    func perform(
        _ operation: Operation,
        _ request: Request,
        on streamID: Int32,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        switch operation {
        case .publishToTopic:
            try publishToTopic(request, on: streamID, caller)
        case .subscribeToTopic:
            try subscribeToTopic(request, on: streamID, caller)
        case .publishToIoTCore:
            try publishToIoTCore(request, on: streamID, caller)
        case .subscribeToIoTCore:
            try subscribeToIoTCore(request, on: streamID, caller)
        case .subscribeToIoTCoreConnectionStatus:
            try subscribeToConnectionStatus(streamID)
        case .getConfiguration:
            try getConfiguration(request, on: streamID, caller)
        case .updateConfiguration:
            try updateConfiguration(request, on: streamID, caller)
        case .subscribeToConfigurationUpdate:
            try subscribeToConfigurationUpdate(request, on: streamID, caller)
        case .subscribeToValidateConfigurationUpdates:
            try subscribeToValidation(on: streamID, caller)
        case .sendConfigurationValidityReport:
            try reportValidity(request, on: streamID, caller)
        case .updateState:
            try updateState(request, on: streamID, caller)
        case .subscribeToComponentUpdates:
            try subscribeToUpdates(on: streamID, caller)
        case .deferComponentUpdate:
            try deferUpdate(request, on: streamID, caller)
        case .validateAuthorizationToken:
            try validateToken(request, on: streamID, caller)
        case .listComponents:
            try listComponents(on: streamID, caller)
        case .getComponentDetails:
            try componentDetails(request, on: streamID, caller)
        case .restartComponent, .stopComponent, .pauseComponent, .resumeComponent:
            try change(operation, request, on: streamID, caller)
        case .putComponentMetric:
            try putMetrics(request, on: streamID, caller)
        case .createDebugPassword:
            try createDebugPassword(on: streamID, caller)
        default:
            let plugin = operation.absentPlugin ?? operation.rawValue
            throw .service("Operation \(operation.name) is not supported: there are no \(plugin) here")
        }
    }

    /// - Throws: `IPCError` of shape UnauthorizedError, with what a person needs to put it right.
    func authorize(
        _ operation: Operation,
        _ resource: String,
        _ caller: SessionIdentity
    ) throws(IPCError) {
        guard let service = operation.service else { return }
        let decision = hub.policies.decide(
            principal: caller.componentName,
            operation: operation.name,
            service: service,
            resource: resource
        )
        if case .refused(let reason) = decision {
            log(refusal: reason)
            throw .unauthorized(reason)
        }
    }

    /// Writes why something was refused to the log, once: the text of an SDK's exception has no reason in it.
    private func log(refusal reason: String) {
        guard loggedRefusals.count < hub.limits.loggedRefusalsMax, loggedRefusals.insert(reason).inserted
        else { return }
        hub.services.logger.warning("\(reason)")
    }

    /// Answers an operation whose events follow on its stream, until the stream ends.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - streamID: Its stream.
    ///   - begin: Begins what the events come from, and returns what ends it.
    /// - Throws: What `begin` throws, or `IPCError` when too many streams are open.
    func answerWithEvents(
        _ operation: Operation,
        on streamID: Int32,
        _ begin: (EventSender) throws(IPCError) -> () -> Void
    ) throws(IPCError) {
        let sender = EventSender(self, streamID)
        try keepOpen(streamID) { () throws(IPCError) in try begin(sender) }
        send(Frames.event(operation.rawValue + "Response"), streamID, .emptyObject)
    }

    /// Answers an operation at once; that ends its stream.
    func answer(_ operation: Operation, on streamID: Int32, _ payload: ByteBuffer = .emptyObject) {
        send(Frames.unaryResponse(operation.rawValue + "Response"), streamID, payload)
    }

    /// Answers with an empty response once `durability` succeeds.
    func answer(
        _ operation: Operation,
        on streamID: Int32,
        when durability: EventLoopFuture<Void>
    ) throws(IPCError) {
        try keepOpen(streamID)
        let session = NIOLoopBound(self, eventLoop: hub.eventLoop)
        durability.hop(to: hub.eventLoop).whenComplete { result in
            let error =
                { IPCError.service("The message could not be kept: \($0)") } as (any Error) -> IPCError
            session.value.finish(operation, streamID, result.map { .emptyObject }.mapError(error))
        }
    }

    /// Answers with what `body` returns, later and on this event loop; it runs to its end also when the
    /// client leaves.
    func answerLater(
        _ operation: Operation,
        on streamID: Int32,
        _ body: @escaping @Sendable () async throws(IPCError) -> ByteBuffer
    ) throws(IPCError) {
        try keepOpen(streamID)
        let session = NIOLoopBound(self, eventLoop: hub.eventLoop)
        let eventLoop = hub.eventLoop
        Task {
            let result: Result<ByteBuffer, IPCError>
            do throws(IPCError) {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            eventLoop.execute {
                session.value.finish(operation, streamID, result)
            }
        }
    }

    private func finish(_ operation: Operation, _ streamID: Int32, _ result: Result<ByteBuffer, IPCError>) {
        finish(streamID, result.map { (operation.rawValue + "Response", $0) })
        hub.sendAll()
    }
}
