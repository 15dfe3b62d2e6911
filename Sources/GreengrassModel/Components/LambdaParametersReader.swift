/// Reads `componentLambdaParameters`, in the spelling of the API and in that of a device.
struct LambdaParametersReader {
    /// The API's integers have 32 bits; as seconds that is 68 years.
    private static let int32Max = Int(Int32.max)
    /// A queue is bounded in bytes too; this bounds what a message costs without its payload.
    private static let queueSizeMax = 1_000_000
    /// Each instance is a process.
    private static let instancesMax = 1000

    /// The document's values, in the order of the keys below.
    private(set) var parameters = LambdaParameters()
    /// Reads what the document has; the defaults stay for what it does not have.
    mutating func read(_ node: DocumentNode?) {
        guard var object = node?.object() else { return }
        readNumbers(&object)
        if let isPinned = object.optional("pinned")?.bool() { parameters.isPinned = isPinned }
        if let encoding = object.optional("inputPayloadEncodingType")?
            .choice(["json": LambdaParameters.PayloadEncoding.json, "binary": .binary])
        {
            parameters.payloadEncoding = encoding
        }
        if let arguments = object.optional("execArgs")?.elements(orIndexed: true) {
            parameters.execArguments = arguments.compactMap { $0.string() }
        }
        readEventSources(&object)
        readEnvironment(&object)
        readIsolation(&object)
        object.warnOfUnknownKeys()
    }

    private mutating func readNumbers(_ object: inout DocumentObject) {
        func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
            object.optional(key)?.wholeNumber(in: range)
        }
        func seconds(_ key: String, from least: Int) -> Duration? {
            number(key, least...Self.int32Max).map { .seconds($0) }
        }
        if let count = number("maxQueueSize", 1...Self.queueSizeMax) { parameters.maxQueueSize = count }
        if let count = number("maxInstancesCount", 1...Self.instancesMax) {
            parameters.maxInstancesCount = count
        }
        if let time = seconds("maxIdleTimeInSeconds", from: 0) { parameters.maxIdleTime = time }
        if let time = seconds("timeoutInSeconds", from: 1) { parameters.timeout = time }
        if let time = seconds("statusTimeoutInSeconds", from: 1) { parameters.statusTimeout = time }
    }

    private mutating func readEventSources(_ object: inout DocumentObject) {
        var sources = GivenOnce<[EventSource]>()
        sources.take(object.optional("eventSources"), readEventSourceList)
        sources.take(object.optional("pubsubTopics"), readEventSourceList)
        parameters.eventSources = sources.value ?? []
    }

    private func readEventSourceList(_ node: DocumentNode) -> [EventSource]? {
        var sources: [EventSource] = []
        var known: Set<EventSource> = []
        for element in node.elements(orIndexed: true) ?? [] {
            guard let source = EventSource.read(element) else { continue }
            if known.insert(source).inserted {
                sources.append(source)
            } else {
                element.warn("found this event source twice; the two are one")
            }
        }
        return sources
    }

    private mutating func readEnvironment(_ object: inout DocumentObject) {
        var variables = GivenOnce<[String: String]>()
        variables.take(object.optional("environmentVariables")) { $0.environment() }
        for key in ["lambdaExecutionParameters", "lambdaParams"] {
            guard var inner = object.optional(key)?.object() else { continue }
            variables.take(inner.optional("EnvironmentVariables")) { $0.environment() }
            inner.warnOfUnknownKeys()
        }
        parameters.environmentVariables = variables.value ?? [:]
    }
}

/// Isolation.
extension LambdaParametersReader {
    private mutating func readIsolation(_ object: inout DocumentObject) {
        let modes: KeyValuePairs = [
            "GreengrassContainer": LambdaParameters.IsolationMode.greengrassContainer,
            "NoContainer": .noContainer,
        ]
        var mode = GivenOnce<LambdaParameters.IsolationMode>()
        var container = ContainerParametersReader()
        if let node = object.optional("linuxProcessParams"), var process = node.object() {
            mode.take(process.optional("isolationMode")) { $0.choice(modes) }
            container.read(process.optional("containerParams"))
            process.warnOfUnknownKeys()
        }
        mode.take(object.optional("containerMode")) { $0.choice(modes) }
        container.read(object.optional("containerParams"))

        parameters.isolationMode = mode.value ?? .greengrassContainer
        parameters.container = container.parameters
    }
}
