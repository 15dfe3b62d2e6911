/// A service of the Greengrass IPC that policies can be written for.
package struct IPCService: Sendable {
    /// Publishing and subscribing on this machine.
    package static let pubsub = "aws.greengrass.ipc.pubsub"
    /// Publishing to the cloud and subscribing there.
    package static let mqttProxy = "aws.greengrass.ipc.mqttproxy"

    /// What policies call it.
    package let name: String
    /// The names of its operations without `operationPrefix`.
    package let operations: [String]

    /// What every operation's name begins with.
    package static let operationPrefix = "aws.greengrass#"

    /// Every service of the originals.
    package static let all = [
        IPCService(name: pubsub, operations: ["PublishToTopic", "SubscribeToTopic"]),
        IPCService(name: mqttProxy, operations: ["PublishToIoTCore", "SubscribeToIoTCore"]),
        IPCService(
            name: "aws.greengrass.ipc.lifecycle",
            operations: ["PauseComponent", "ResumeComponent"]
        ),
        IPCService(name: "aws.greengrass.ipc.componentmetric", operations: ["PutComponentMetric"]),
        IPCService(name: "aws.greengrass.SecretManager", operations: ["GetSecretValue"]),
        IPCService(
            name: "aws.greengrass.ShadowManager",
            operations: [
                "GetThingShadow", "UpdateThingShadow", "DeleteThingShadow", "ListNamedShadowsForThing",
            ]
        ),
        IPCService(
            name: "aws.greengrass.Cli",
            operations: [
                "ListComponents", "GetComponentDetails", "RestartComponent", "StopComponent",
                "CreateLocalDeployment", "CancelLocalDeployment", "GetLocalDeploymentStatus",
                "ListLocalDeployments", "CreateDebugPassword",
            ]
        ),
        IPCService(
            name: "aws.greengrass.clientdevices.Auth",
            operations: [
                "SubscribeToCertificateUpdates", "VerifyClientDeviceIdentity", "GetClientDeviceAuthToken",
                "AuthorizeClientDeviceAction",
            ]
        ),
    ]
}
