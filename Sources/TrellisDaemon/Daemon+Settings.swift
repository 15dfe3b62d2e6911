internal import Broker
internal import FoundationEssentials
internal import GreengrassModel
internal import LambdaIPC
internal import LambdaLauncher
internal import LambdaManager
internal import LambdaRuntimes

/// What the configuration means to each part.
extension Daemon {
    func settings(
        _ configuration: TrellisConfiguration,
        root: String,
        runtimes: RuntimeFiles,
        containers: ContainerSupport?,
        port: Int,
        ipcSocket: IPCSocket
    ) -> FunctionEnvironment.Settings {
        FunctionEnvironment.Settings(
            root: root,
            runtimeFolder: runtimes.folder,
            port: port,
            ipcSocketPath: ipcSocket.path,
            thingName: configuration.thingName,
            region: configuration.region,
            rootCAPath: "",
            version: Self.version,
            inherited: ProcessInfo.processInfo.environment,
            containers: containers
        )
    }

    static func brokerLimits(_ configuration: TrellisConfiguration) -> BrokerLimits {
        BrokerLimits(
            deadLetterCountMax: configuration.limits.deadLetterCountMax,
            deadLetterBytesMax: configuration.limits.deadLetterBytesMax
        )
    }

    static func legacyIPCLimits(_ deployment: Deployment) -> LambdaIPCLimits {
        var limits = LambdaIPCLimits()
        limits.connectionCountMax = OpenFileBudget(deployment)
            .legacyConnectionCountMax(atMost: limits.connectionCountMax)
        return limits
    }

    static func managerLimits(_ configuration: TrellisConfiguration) -> LambdaManager.Limits {
        var limits = LambdaManager.Limits()
        limits.functionQueueBytesMax = configuration.limits.queueBytesMax
        limits.totalQueueBytesMax = configuration.limits.allQueuesBytesMax
        return limits
    }
}
