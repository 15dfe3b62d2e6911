internal import Broker
internal import FoundationEssentials
internal import LambdaManager
internal import NIOCore
internal import NIOHTTP1

/// Answers the calls that come in on one event loop.
struct Responder {
    /// An answer, or the promise of one.
    enum Answer {
        case now(Reply)
        /// The reply comes on the event loop; `stop` says that nobody waits for it any more.
        case later(EventLoopFuture<Reply>, stop: () -> Void)
    }

    /// The SDKs call it with version 1, programs of their own also without.
    private static let unversionedSecretManager = "arn:aws:lambda:::function:GGSecretManager"

    let manager: LambdaManager
    let publisher: Publisher
    let contexts: KnownContexts
    let eventLoop: any EventLoop

    /// Checks a head, in an order that tells nothing to who has no token, and before any of the body is read.
    ///
    /// - Throws: 404 or 405 for the path and method, 400 or 501 for what is not served of HTTP, 403 for the
    ///   token, 413 for the length.
    func admit(_ head: HTTPRequestHead, limits: LambdaIPCLimits) throws(Refusal) -> AdmittedRequest {
        if let health = try HealthRequest(head) {
            try checkFraming(of: head)
            return .health(health)
        }
        let route = try Route(method: head.method, uri: head.uri)
        try checkFraming(of: head)
        let token = head.headers.first(name: HeaderName.token) ?? ""
        guard let caller = manager.caller(holding: token) else {
            throw Refusal(
                .forbidden,
                """
                The header \(HeaderName.token) holds no valid token. A function finds its token in the \
                environment variable AWS_CONTAINER_AUTHORIZATION_TOKEN; it is valid as long as its \
                process runs.
                """
            )
        }
        if let length = head.headers.first(name: "Content-Length"), Int(length) ?? .max > limits.bodyBytesMax
        {
            throw .bodyTooLarge(limits)
        }
        return .call(Call(route: route, caller: caller, headers: head.headers))
    }

    private func checkFraming(of head: HTTPRequestHead) throws(Refusal) {
        guard !head.headers.contains(name: "Upgrade") else {
            throw Refusal(.badRequest, "HTTP/1.1 is not upgraded here; send no Upgrade header.")
        }
        let codings = head.headers[canonicalForm: "Transfer-Encoding"]
        guard codings.allSatisfy({ $0.lowercased() == "chunked" }) else {
            throw Refusal(.notImplemented, "No Transfer-Encoding but chunked is served.")
        }
    }

    /// Answers a whole request.
    func answer(_ request: AdmittedRequest, body: ByteBuffer) -> Answer {
        do throws(Refusal) {
            switch request {
            case .call(let call): return try answer(call, body: body)
            case .health(let health): return .now(try health.reply(body: body, manager: manager))
            }
        } catch {
            return .now(Reply(error))
        }
    }

    private func answer(_ call: Call, body: ByteBuffer) throws(Refusal) -> Answer {
        switch (call.route.operation, call.route.arn) {
        case (.postWork, BuiltInFunction.router):
            return try publish(call, payload: body)
        case (.postWork, BuiltInFunction.shadow), (.postWork, BuiltInFunction.secretManager),
            (.postWork, Self.unversionedSecretManager):
            throw Refusal(.notFound, "\(call.route.arn) is not served by this program.")
        case (.postWork, _):
            return .now(try invoke(call, payload: body))
        case (.getResult, _):
            return try result(call)
        case (.getWork, _):
            return try work(call)
        case (.postResult, _):
            return .now(try postResult(call, payload: body))
        case (.putInitialized, _):
            return .now(try putInitialized(call, body: body))
        }
    }

    private func invoke(_ call: Call, payload: ByteBuffer) throws(Refusal) -> Reply {
        let name = call[HeaderName.invocationType] ?? InvocationType.requestResponse.rawValue
        guard let type = InvocationType(rawValue: name) else {
            throw Refusal(
                .badRequest,
                "\(HeaderName.invocationType) is Event or RequestResponse, not \(name)."
            )
        }
        let clientContext = call[HeaderName.clientContext] ?? ""
        try ClientContext.check(clientContext)
        let invocation = manager.invoke(
            call.route.arn,
            payload: payload,
            clientContext: clientContext,
            type: type,
            by: call.caller
        )
        switch invocation {
        case .success(let id):
            return Reply(type == .event ? .accepted : .ok, headers: [HeaderName.invocationID: id])
        case .failure(let error):
            throw Refusal(error)
        }
    }

    private func result(_ call: Call) throws(Refusal) -> Answer {
        let id = try call.invocationID()
        let promise = eventLoop.makePromise(of: InvocationResult.self)
        let waiter = manager.result(of: id, for: call.caller, promise: promise)
        let reply = promise.futureResult.map { [manager, caller = call.caller] result in
            var reply = Reply(.ok, body: result.payload)
            if let error = result.functionError {
                reply.headers.add(name: HeaderName.functionError, value: error.rawValue)
            }
            reply.onLoss = { manager.resultWasNotSent(result, of: id, to: caller) }
            return reply
        }
        return .later(reply) { manager.stopWaitingForResult(of: id, for: call.caller, waiter) }
    }

    private func work(_ call: Call) throws(Refusal) -> Answer {
        try call.checkIsAboutCaller()
        let promise = eventLoop.makePromise(of: Work.self)
        let waiter = manager.nextWork(for: call.caller, promise: promise)
        let reply = promise.futureResult.map { [manager, caller = call.caller] work in
            var reply = Reply(
                .ok,
                headers: [
                    HeaderName.invocationID: work.invocationID,
                    HeaderName.clientContext: work.clientContext,
                ],
                body: work.payload
            )
            reply.onLoss = { manager.workWasNotSent(work, to: caller) }
            return reply
        }
        return .later(reply) { manager.stopWaitingForWork(waiter, by: call.caller) }
    }

    private func postResult(_ call: Call, payload: ByteBuffer) throws(Refusal) -> Reply {
        try call.checkIsAboutCaller()
        let id = try call.invocationID()
        var functionError: InvocationResult.FunctionError?
        if let name = call[HeaderName.functionError] {
            functionError = InvocationResult.FunctionError(rawValue: name)
            guard functionError == .handled else {
                throw Refusal(.badRequest, "\(HeaderName.functionError) is Handled or absent, not \(name).")
            }
        }
        let result = InvocationResult(payload: payload, functionError: functionError)
        if let error = manager.complete(id, with: result, by: call.caller) {
            throw Refusal(error)
        }
        return Reply(.ok)
    }

    private func putInitialized(_ call: Call, body: ByteBuffer) throws(Refusal) -> Reply {
        try call.checkIsAboutCaller()
        guard
            let report = try? JSONDecoder().decode(
                InitializationReport.self,
                from: Data(body.readableBytesView)
            )
        else {
            throw Refusal(.badRequest, #"The body is not {"Success": true or false, "Response": TEXT}."#)
        }
        manager.didInitialize(call.caller, failure: report.failure)
        return Reply(.ok)
    }
}
