extension MQTTSettings {
    /// A host name has at most 253 characters (RFC 1035).
    private static let hostLengthMax = 253
    /// Sixteen bits of seconds, as CONNECT has them (MQTT 3.1.2.10).
    private static let keepAliveMillisecondsMax = 65_535_000
    private static let dayMilliseconds = 86_400_000
    private static let daySeconds = 86_400
    /// The nucleus' bounds.
    private static let inFlightMax = 100
    private static let messageBytesMax = 2_621_440
    private static let spoolBytesMax = 1024 * 1024 * 1024
    private static let retriesMax = 1_000_000
    private static let threadsMax = 1_000
    /// A rate that no link keeps.
    private static let rateMax = 1024 * 1024 * 1024

    /// Reads what the document has; the defaults stay for what it does not have.
    ///
    /// Relative paths begin at `folder`.
    mutating func read(_ node: DocumentNode?, folder: String) {
        guard var object = node?.object() else { return }
        if let found = object.optional("endpoint").flatMap(Self.readEndpoint) { endpoint = found }
        readSecurity(&object, folder: folder)
        if case .host = endpoint { port = rootCaPath == nil ? Self.plainPort : Self.securePort }
        if let node = object.optional("port"), let found = node.wholeNumber(in: 0...65_535) {
            if found == 0, case .host = endpoint {
                node.reject("the port of a host is 1 to 65535")
            }
            port = found
        }
        readTimes(&object)
        readLimits(&object)
        version = object.optional("version")?.choice(MQTTVersion.words) ?? version
        noLocal = object.optional("noLocal")?.bool() ?? noLocal
        readSpooler(object.optional("spooler"))
        // The nucleus' threads; one is enough for libmosquitto.
        _ = object.optional("threadPoolSize")?.wholeNumber(in: 1...Self.threadsMax)
        object.warnOfUnknownKeys()
    }

    private static func readEndpoint(_ node: DocumentNode) -> Endpoint? {
        guard let text = node.string() else { return nil }
        switch text {
        case "embedded": return .embedded
        case "none": return Endpoint.none
        default:
            let isHost = text.isMade { $0.isLetter || $0.isNumber || ".-_:".contains($0) }
            guard isHost, (1...hostLengthMax).contains(text.count) else {
                node.reject(
                    "an endpoint is embedded, none, or a host name or address without scheme and port"
                )
                return nil
            }
            return .host(text)
        }
    }

    private mutating func readTimes(_ object: inout DocumentObject) {
        func time(_ key: String, from least: Int = 1, to most: Int = Self.dayMilliseconds) -> Duration? {
            object.optional(key)?.wholeNumber(in: least...most).map { .milliseconds($0) }
        }
        /// The nucleus says 0 for the default.
        func delay(_ key: String) -> Duration? {
            object.optional(key)?.wholeNumber(in: 0...Self.daySeconds).flatMap {
                $0 == 0 ? nil : .seconds($0)
            }
        }
        keepAlive =
            time("keepAliveTimeoutMs", from: 0, to: Self.keepAliveMillisecondsMax) ?? keepAlive
        pingTimeout = time("pingTimeoutMs") ?? pingTimeout
        operationTimeout = time("operationTimeoutMs") ?? operationTimeout
        socketTimeout = time("socketTimeoutMs") ?? socketTimeout
        if keepAlive != .zero, keepAlive <= pingTimeout {
            object.node.reject(
                "keepAliveTimeoutMs must be 0 or greater than pingTimeoutMs",
                found: "\(keepAlive.milliseconds) ms to a ping, \(pingTimeout.milliseconds) ms for its answer"
            )
        }
        minimumReconnectDelay = delay("minimumReconnectDelaySeconds") ?? minimumReconnectDelay
        maximumReconnectDelay =
            delay("maximumReconnectDelaySeconds") ?? max(maximumReconnectDelay, minimumReconnectDelay)
        minimumConnectedTime =
            delay("minimumConnectedTimeBeforeRetryResetSeconds") ?? minimumConnectedTime
        if maximumReconnectDelay < minimumReconnectDelay {
            object.node.reject(
                "maximumReconnectDelaySeconds must not be less than minimumReconnectDelaySeconds",
                found: "\(maximumReconnectDelay.components.seconds) s at most, "
                    + "\(minimumReconnectDelay.components.seconds) s at least"
            )
        }
    }

    private mutating func readLimits(_ object: inout DocumentObject) {
        func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
            object.optional(key)?.wholeNumber(in: range)
        }
        givenInFlightPublishes = number("maxInFlightPublishes", 1...Self.inFlightMax)
        givenPublishesPerSecond = number("maxPublishesPerSecond", 0...Self.rateMax)
        givenBytesPerSecond = number("maxPublishBytesPerSecond", 0...Self.rateMax)
        maxMessageSizeBytes = number("maxMessageSizeInBytes", 1...Self.messageBytesMax) ?? maxMessageSizeBytes
        if isIoTCore, maxMessageSizeBytes > IoTCore.payloadBytes {
            object.node.reject(
                "AWS IoT Core takes payloads of at most \(IoTCore.payloadBytes) bytes",
                found: "maxMessageSizeInBytes \(maxMessageSizeBytes)"
            )
        }
        receiveMaximum = number("receiveMaximum", 1...Int(UInt16.max)) ?? receiveMaximum
        sessionExpirySeconds = number("sessionExpirySeconds", 0...Int(UInt32.max)) ?? sessionExpirySeconds
        if let count = number("maxPublishRetry", -1...Self.retriesMax) {
            maxPublishRetry = count == -1 ? nil : count
        }
    }

    private mutating func readSpooler(_ node: DocumentNode?) {
        guard var object = node?.object() else { return }
        if let bytes = object.optional("maxSizeInBytes")?.wholeNumber(in: 1...Self.spoolBytesMax) {
            spoolerMaxSizeBytes = bytes
        }
        if let storage = object.optional("storageType")?.choice(["Memory": .memory, "Disk": Storage.disk]) {
            spoolerStorage = storage
        }
        if let keepsQoS0 = object.optional("keepQos0WhenOffline")?.bool() { keepsQoS0WhenOffline = keepsQoS0 }
        object.refuse(
            "pluginName",
            unless: "aws.greengrass.DiskSpooler",
            explanation: "there are no plugins; storageType says where messages wait"
        )
        object.warnOfUnknownKeys()
    }
}

extension Duration {
    fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
