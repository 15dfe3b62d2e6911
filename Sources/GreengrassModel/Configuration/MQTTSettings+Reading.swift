extension MQTTSettings {
    /// A host name has at most 253 characters (RFC 1035).
    private static let hostLengthMax = 253
    /// Sixteen bits of seconds, as CONNECT has them (MQTT 3.1.2.10).
    private static let keepAliveMillisecondsMax = 65_535_000
    private static let dayMilliseconds = 86_400_000
    /// The nucleus' bounds.
    private static let inFlightMax = 100
    private static let messageBytesMax = 2_621_440
    private static let spoolBytesMax = 1024 * 1024 * 1024

    /// Reads what the document has; the defaults stay for what it does not have.
    mutating func read(_ node: DocumentNode?) {
        guard var object = node?.object() else { return }
        func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
            object.optional(key)?.wholeNumber(in: range)
        }
        func milliseconds(_ key: String, _ range: ClosedRange<Int>) -> Duration? {
            number(key, range).map { .milliseconds($0) }
        }
        if let found = object.optional("endpoint").flatMap(Self.readEndpoint) { endpoint = found }
        if case .host = endpoint { port = Self.plainPort }
        if let node = object.optional("port"), let found = node.wholeNumber(in: 0...65_535) {
            if found == 0, case .host = endpoint {
                node.reject("the port of a host is 1 to 65535")
            }
            port = found
        }
        keepAlive = milliseconds("keepAliveTimeoutMs", 0...Self.keepAliveMillisecondsMax) ?? keepAlive
        pingTimeout = milliseconds("pingTimeoutMs", 1...Self.dayMilliseconds) ?? pingTimeout
        operationTimeout = milliseconds("operationTimeoutMs", 1...Self.dayMilliseconds) ?? operationTimeout
        maxInFlightPublishes = number("maxInFlightPublishes", 1...Self.inFlightMax) ?? maxInFlightPublishes
        maxMessageSizeBytes = number("maxMessageSizeInBytes", 1...Self.messageBytesMax) ?? maxMessageSizeBytes
        readSpooler(object.optional("spooler"))
        checkTimes(object)
        Self.refuseUnserved(&object)
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

    private mutating func readSpooler(_ node: DocumentNode?) {
        guard var object = node?.object() else { return }
        if let bytes = object.optional("maxSizeInBytes")?.wholeNumber(in: 1...Self.spoolBytesMax) {
            spoolerMaxSizeBytes = bytes
        }
        object.refuse(
            "storageType",
            unless: "Memory",
            explanation: "messages for the cloud wait in memory only for now; allowed is \"Memory\""
        )
        object.refuse("pluginName", "keepQos0WhenOffline", explanation: Self.unserved)
        object.warnOfUnknownKeys()
    }

    private func checkTimes(_ object: DocumentObject) {
        guard keepAlive != .zero, keepAlive <= pingTimeout else { return }
        object.node.reject(
            "keepAliveTimeoutMs must be 0 or greater than pingTimeoutMs",
            found:
                "\(keepAlive.milliseconds) ms to a ping, \(pingTimeout.milliseconds) ms for its answer"
        )
    }

    private static let unserved = "this setting is not served yet; remove the key"

    private static func refuseUnserved(_ object: inout DocumentObject) {
        object.refuse(
            "rootCaPath",
            "certificateFilePath",
            "privateKeyPath",
            explanation:
                "connections with TLS are not served yet; remove the key, and use a network you trust"
        )
        object.refuse(
            "version",
            unless: "mqtt3",
            explanation: "only MQTT 3.1.1 is served for now; allowed is \"mqtt3\""
        )
        object.refuse(
            "socketTimeoutMs",
            "threadPoolSize",
            "maxPublishRetry",
            "receiveMaximum",
            "sessionExpirySeconds",
            "minimumReconnectDelaySeconds",
            "maximumReconnectDelaySeconds",
            "minimumConnectedTimeBeforeRetryResetSeconds",
            explanation: unserved
        )
    }
}

extension Duration {
    fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
