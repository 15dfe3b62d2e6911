internal import Glibc
internal import GreengrassModel
internal import Logging
internal import MQTTBridge
internal import Store

extension MQTTBridgeConfiguration {
    /// What `settings` ask for, towards the broker at `host`.
    init(_ settings: MQTTSettings, host: String, port: Int, clientID: String, spoolPath: String?) {
        self.init(host: host, port: port, clientID: clientID)
        version = settings.version
        // The embedded broker listens on this machine alone, and has no certificate.
        tls =
            settings.endpoint == .embedded
            ? nil
            : settings.rootCaPath.map { path in
                var tls = MQTTTransportSecurity(caPath: path)
                tls.certificatePath = settings.certificateFilePath
                tls.privateKey = settings.privateKeyPath
                tls.applicationProtocol = settings.applicationProtocol
                return tls
            }
        proxy = settings.proxy
        keepAlive = settings.keepAlive
        pingTimeout = settings.pingTimeout
        operationTimeout = settings.operationTimeout
        socketTimeout = settings.socketTimeout
        connectedTimeBeforeReset = settings.minimumConnectedTime
        receiveMaximum = settings.receiveMaximum
        sessionExpirySeconds = UInt32(clamping: settings.sessionExpirySeconds)
        hasNoLocal = settings.noLocal
        inFlightMax = settings.maxInFlightPublishes
        publishRetryMax = settings.maxPublishRetry
        spoolBytesMax = settings.spoolerMaxSizeBytes
        self.spoolPath = spoolPath
        keepsQoS0WhenOffline = settings.keepsQoS0WhenOffline
        messageBytesMax = settings.maxMessageSizeBytes
        hasIoTCoreTopics = settings.hasIoTCoreTopics
        if settings.isIoTCore { filtersPerConnectionMax = MQTTSettings.IoTCore.filters }
        if settings.maxPublishesPerSecond != nil || settings.maxPublishBytesPerSecond != nil {
            publishRate = PublishRate(
                messagesPerSecond: settings.maxPublishesPerSecond,
                bytesPerSecond: settings.maxPublishBytesPerSecond
            )
        }
        if settings.endpoint == .embedded {
            // Our own broker on this machine has no limit on connections, and comes back within a second.
            reconnectDelayMin = .milliseconds(50)
            reconnectDelayMax = .seconds(1)
            connectIntervalMin = .milliseconds(50)
        } else {
            reconnectDelayMin = settings.minimumReconnectDelay
            reconnectDelayMax = settings.maximumReconnectDelay
        }
    }
}

extension MQTTSettings {
    /// The file of the spool in the folder `root`, if there is to be one; `name` is the broker's, unless that
    /// is the cloud.
    func spoolPath(in root: String, of name: String? = nil, logger: Logger) -> String? {
        let path = "\(root)/" + SpoolFile.name(of: name)
        if spoolerStorage == .disk { return path }
        if access(path, F_OK) == 0 {
            logger.warning(
                """
                what may wait in \(path) is not sent, since spooler.storageType is Memory: set it to Disk, \
                or move the file away
                """
            )
        }
        return nil
    }
}
