package import Broker
package import Components
package import GreengrassModel
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
internal import Synchronization
internal import TopicRouter

/// Queues work for functions and decides how many instances run.
///
/// Any thread may call it.
package final class LambdaManager: Sendable {
    /// What waits at most, in bytes.
    package struct Limits: Sendable {
        /// For one function.
        package var functionQueueBytesMax = 64 * 1024 * 1024
        /// For all functions, with the results that wait to be fetched.
        package var totalQueueBytesMax = 256 * 1024 * 1024

        /// The project's defaults.
        package init() {}
    }

    struct Deployed {
        let function: LambdaFunction
        let subscriber: SubscriberID
        let bus: BusID
    }

    /// What ARNs were found to mean.
    private struct Named {
        var functions: [String: LambdaFunction] = [:]
        /// How often functions were deployed.
        var deploymentCount = 0
    }

    /// The broker whose messages the functions get.
    package let broker: Broker
    let context: FunctionContext
    private let eventLoopGroup: any EventLoopGroup
    let deployed = NIOLockedValueBox<[String: Deployed]>([:])
    private let named = NIOLockedValueBox(Named())
    let dependencies = FunctionDependencies()
    private let lastWaiter = Atomic<UInt64>(0)

    /// Makes a manager without functions.
    package init(
        broker: Broker,
        tokens: TokenTable,
        starter: any ProcessStarter,
        limits: Limits = Limits(),
        eventLoopGroup: any EventLoopGroup,
        logger: Logger
    ) {
        let budget = ByteBudget(bytesMax: limits.totalQueueBytesMax)
        self.broker = broker
        self.eventLoopGroup = eventLoopGroup
        self.context = FunctionContext(
            broker: broker,
            tokens: tokens,
            results: InvocationResults(budget: budget, eventLoop: eventLoopGroup.next()),
            budget: budget,
            queueBytesMax: limits.functionQueueBytesMax,
            starter: starter,
            logger: logger
        )
    }

    /// Every deployed function, in the order of their components' names.
    package var functions: [LambdaFunction] {
        deployed.withLockedValue { $0.values.map(\.function) }.sorted {
            $0.component.name < $1.component.name
        }
    }

    /// Deploys a function: adds its component, its queue as a target, and its event sources.
    ///
    /// It is not started.
    package func deploy(_ definition: LambdaComponent, log: LogFile) {
        let component = Component(
            name: definition.name.description,
            version: definition.version,
            log: log
        )
        let function = LambdaFunction(
            definition: definition,
            component: component,
            context: context,
            dependencies: dependencies,
            eventLoop: eventLoopGroup.next()
        )
        let subscriber = broker.add(function)
        let bus = broker.deploy(definition.arn, queue: subscriber)
        deployed.withLockedValue {
            $0[component.name] = Deployed(function: function, subscriber: subscriber, bus: bus)
        }
        forgetNames()
        dependencies.deploy(function, definition)
        for source in definition.parameters.eventSources {
            broker.subscribe(subscriber, to: source.topic, on: broker.bus(of: source))
        }
    }

    /// The function that a text names: its component's name, or its ARN, qualified with the deployed version
    /// or an alias of it, or not qualified.
    package func function(named text: String) -> Result<LambdaFunction, CallError> {
        if let deployed = deployed.withLockedValue({ $0[text] }) {
            return .success(deployed.function)
        }
        guard text.contains(":") else {
            let names = functions.map(\.component.name).joined(separator: ", ")
            return .failure(
                .noSuchFunction("no function is called \(text); deployed: \(names.isEmpty ? "none" : names)")
            )
        }
        return function(text)
    }

    /// The function that `arn` names: qualified with the deployed version or an alias of it, or not
    /// qualified.
    private func function(_ text: String) -> Result<LambdaFunction, CallError> {
        let (known, deploymentCount) = named.withLockedValue { ($0.functions[text], $0.deploymentCount) }
        if let known {
            return .success(known)
        }
        guard let arn = try? FunctionARN(text) else {
            return .failure(.noSuchFunction("\(text) is no function ARN"))
        }
        let candidates = deployed.withLockedValue { deployed in
            deployed.values.map(\.function).filter { $0.arn.unqualified == arn.unqualified }
        }
        let matches = candidates.filter { $0.isMeant(by: arn) }
        if matches.count == 1 {
            named.withLockedValue { named in
                guard named.deploymentCount == deploymentCount else { return }
                named.functions[text] = matches[0]
            }
            return .success(matches[0])
        }
        let reason =
            switch (candidates.isEmpty, matches.isEmpty) {
            case (true, _): "no function \(arn.unqualified) is deployed"
            case (false, true):
                "\(arn) is not deployed; deployed: \(candidates.map(\.name).joined(separator: ", "))"
            case (false, false):
                "several versions of \(arn) are deployed; name one: "
                    + matches.map(\.name).joined(separator: ", ")
            }
        return .failure(.noSuchFunction(reason))
    }

    /// Functions were deployed: ARNs may mean other ones.
    func forgetNames() {
        named.withLockedValue { named in
            named.functions = [:]
            named.deploymentCount += 1
        }
    }

    /// Who holds `token`; compared in constant time.
    package func caller(holding token: String) -> Caller? {
        guard let identity = context.tokens.identity(for: token), let arn = identity.arn,
            let deployed = deployed.withLockedValue({ $0[identity.componentName] })
        else { return nil }
        return Caller(function: deployed.function, identity: identity, bus: deployed.bus, arn: arn)
    }

    /// Notes that an instance calls, in another way than through this manager.
    ///
    /// - Returns: How many functions stand before what it publishes now; 0 for who is no function.
    package func didCall(_ identity: Identity) -> Int {
        guard identity.arn != nil,
            let deployed = deployed.withLockedValue({ $0[identity.componentName] })
        else { return 0 }
        return deployed.function.didCall(identity.instance)
    }

    /// Queues an invocation.
    ///
    /// - Parameters:
    ///   - arn: The function's ARN, with or without version or alias; any text.
    ///   - payload: What the handler gets.
    ///   - clientContext: Base64 of a JSON object, or empty; handed on as it is.
    ///   - type: Whether the caller fetches the result.
    ///   - caller: Who asks.
    /// - Returns: The invocation's id.
    package func invoke(
        _ arn: String,
        payload: ByteBuffer,
        clientContext: String,
        type: InvocationType,
        by caller: Caller
    ) -> Result<String, CallError> {
        invoke(
            arn,
            payload: payload,
            clientContext: clientContext,
            type: type,
            origin: .function(caller.arn),
            hops: caller.didCall(),
            invoker: caller.identity
        )
    }

    /// Invokes a function for somebody at the command line and waits for its result.
    ///
    /// - Throws: `CallError` when the invocation is refused.
    package func invokeAndWait(
        _ arn: String,
        payload: ByteBuffer,
        clientContext: String
    ) async throws -> InvocationResult {
        let id = try invoke(
            arn,
            payload: payload,
            clientContext: clientContext,
            type: .requestResponse,
            origin: .commandLine,
            hops: 0,
            invoker: .commandLine
        ).get()
        let promise = eventLoopGroup.next().makePromise(of: InvocationResult.self)
        context.results.fetch(id, for: .commandLine, waiter: ResultWaiter(id: nextWaiter(), promise: promise))
        return try await promise.futureResult.get()
    }

    private func invoke(
        _ arn: String,
        payload: ByteBuffer,
        clientContext: String,
        type: InvocationType,
        origin: Origin,
        hops: Int,
        invoker: Identity
    ) -> Result<String, CallError> {
        guard hops <= messageHopsMax else {
            return .failure(.forbidden("passed through more than \(messageHopsMax) functions: a loop?"))
        }
        return function(arn).flatMap { function in
            let kind: Invocation.Kind
            switch type {
            case .requestResponse:
                kind = .requestResponse(clientContext: clientContext)
            case .event:
                guard let topic = try? TopicName(function.name) else {
                    return .failure(.noSuchFunction("\(function.name) is no topic"))
                }
                kind = .event(
                    Message(
                        topic: topic,
                        payload: payload,
                        origin: origin,
                        hops: hops,
                        clientContext: clientContext
                    )
                )
            }
            let invocation = Invocation(
                id: context.makeInvocationID(),
                payload: payload,
                kind: kind,
                hops: hops
            )
            switch function.reserve(byteCount: invocation.byteCount) {
            case .ok:
                break
            case .full(let limit):
                return .failure(
                    .queueFull("the queue of \(function.name) is full: \(limit); try again later")
                )
            case .gone(let reason), .refused(let reason):
                return .failure(.noSuchFunction("\(function.name) takes no work: \(reason)"))
            }
            if type == .requestResponse {
                context.results.expect(invocation.id, for: invoker)
            }
            function.accept(invocation)
            return .success(invocation.id)
        }
    }

    /// Completes `promise` with the result of an invocation that the caller made, now or when it comes.
    ///
    /// It fails with `CallError.noSuchInvocation`, also when the caller asks for the same result once more.
    package func result(
        of invocationID: String,
        for caller: Caller,
        promise: EventLoopPromise<InvocationResult>
    ) -> WaiterID {
        let id = nextWaiter()
        _ = caller.didCall()
        context.results.fetch(
            invocationID,
            for: caller.identity,
            waiter: ResultWaiter(id: id, promise: promise)
        )
        return id
    }

    /// The caller's connection is gone: its promise fails, and the result is kept for its time.
    package func stopWaitingForResult(of invocationID: String, for caller: Caller, _ waiter: WaiterID) {
        context.results.stopFetching(invocationID, for: caller.identity, waiter: waiter)
    }

    /// A result that was handed out could not be written: it is kept for its time once more.
    package func resultWasNotSent(_ result: InvocationResult, of invocationID: String, to caller: Caller) {
        context.results.expect(invocationID, for: caller.identity)
        context.results.finish(invocationID, with: result)
    }

    /// Completes `promise` with work for the caller, now or when there is some.
    ///
    /// It fails with `CallError.forbidden` when the instance is to end.
    package func nextWork(for caller: Caller, promise: EventLoopPromise<Work>) -> WaiterID {
        let id = nextWaiter()
        caller.function.nextWork(for: caller.instance, waiter: Waiter(id: id, promise: promise))
        return id
    }

    private func nextWaiter() -> WaiterID {
        WaiterID(number: lastWaiter.add(1, ordering: .relaxed).newValue)
    }

    /// The worker's connection is gone while it waited: its promise fails.
    package func stopWaitingForWork(_ id: WaiterID, by caller: Caller) {
        caller.function.stopWaiting(id, of: caller.instance)
    }

    /// Work that was handed out could not be written: it goes back to the head of the queue.
    package func workWasNotSent(_ work: Work, to caller: Caller) {
        caller.function.workWasNotSent(work.invocationID, to: caller.instance)
    }

    /// The caller answers an invocation that it serves.
    ///
    /// - Returns: `CallError.noSuchInvocation` when it doesn't serve it, for example after a time-out.
    package func complete(
        _ invocationID: String,
        with result: InvocationResult,
        by caller: Caller
    ) -> CallError? {
        if caller.function.complete(invocationID, with: result, by: caller.instance) {
            return nil
        }
        return .noSuchInvocation("this instance does not serve invocation \(invocationID) (any more)")
    }

    /// The caller's runtime reports in, or says why it can't serve.
    package func didInitialize(_ caller: Caller, failure: String?) {
        caller.function.didInitialize(caller.instance, failure: failure)
    }
}

extension LambdaFunction {
    /// Whether `arn` names it: without qualifier, with its version, or with an alias of that.
    func isMeant(by arn: FunctionARN) -> Bool {
        let own = self.arn
        guard own.unqualified == arn.unqualified else { return false }
        guard let qualifier = arn.qualifier else { return true }
        return definition.aliases[qualifier] ?? qualifier == own.qualifier
    }
}

extension Broker {
    /// Where the messages of an event source are published.
    func bus(of source: EventSource) -> BusID {
        switch source.kind {
        case .pubSub: .local
        case .iotCore: source.shareGroup.map { bus(ofShareGroup: $0) } ?? .cloud
        }
    }
}

extension Identity {
    /// Whoever invokes functions at the command line.
    fileprivate static let commandLine = Identity(componentName: "", instance: 0)
}
