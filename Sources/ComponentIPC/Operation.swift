/// The operations of the Greengrass IPC (service `aws.greengrass#GreengrassCoreIPC`).
enum Operation: String, CaseIterable {
    case publishToTopic = "PublishToTopic"
    case subscribeToTopic = "SubscribeToTopic"
    case publishToIoTCore = "PublishToIoTCore"
    case subscribeToIoTCore = "SubscribeToIoTCore"
    case subscribeToIoTCoreConnectionStatus = "SubscribeToIoTCoreConnectionStatus"
    case getConfiguration = "GetConfiguration"
    case updateConfiguration = "UpdateConfiguration"
    case subscribeToConfigurationUpdate = "SubscribeToConfigurationUpdate"
    case subscribeToValidateConfigurationUpdates = "SubscribeToValidateConfigurationUpdates"
    case sendConfigurationValidityReport = "SendConfigurationValidityReport"
    case updateState = "UpdateState"
    case subscribeToComponentUpdates = "SubscribeToComponentUpdates"
    case deferComponentUpdate = "DeferComponentUpdate"
    case validateAuthorizationToken = "ValidateAuthorizationToken"
    case listComponents = "ListComponents"
    case getComponentDetails = "GetComponentDetails"
    case restartComponent = "RestartComponent"
    case stopComponent = "StopComponent"
    case pauseComponent = "PauseComponent"
    case resumeComponent = "ResumeComponent"
    case putComponentMetric = "PutComponentMetric"
    case createDebugPassword = "CreateDebugPassword"

    // What other plugins of the nucleus do.
    case createLocalDeployment = "CreateLocalDeployment"
    case getLocalDeploymentStatus = "GetLocalDeploymentStatus"
    case cancelLocalDeployment = "CancelLocalDeployment"
    case listLocalDeployments = "ListLocalDeployments"
    case getSecretValue = "GetSecretValue"
    case getThingShadow = "GetThingShadow"
    case updateThingShadow = "UpdateThingShadow"
    case deleteThingShadow = "DeleteThingShadow"
    case listNamedShadowsForThing = "ListNamedShadowsForThing"
    case subscribeToCertificateUpdates = "SubscribeToCertificateUpdates"
    case verifyClientDeviceIdentity = "VerifyClientDeviceIdentity"
    case getClientDeviceAuthToken = "GetClientDeviceAuthToken"
    case authorizeClientDeviceAction = "AuthorizeClientDeviceAction"

    /// The one that the header `operation` names.
    init?(header: RawSpan) {
        if header.isText(Self.publishToTopicName) {
            self = .publishToTopic
            return
        }
        guard let operation = Self.byName[header.text] else { return nil }
        self = operation
    }

    /// The name with the model's prefix, as headers and policies have it.
    var name: String { Frames.modelPrefix + rawValue }

    /// What most messages ask for.
    private static let publishToTopicName: StaticString = "aws.greengrass#PublishToTopic"
    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// The service whose policies say who may do it; nil: everybody may, or the operation itself decides.
    var service: String? {
        switch self {
        case .publishToTopic, .subscribeToTopic: "aws.greengrass.ipc.pubsub"
        case .publishToIoTCore, .subscribeToIoTCore: "aws.greengrass.ipc.mqttproxy"
        case .pauseComponent, .resumeComponent: "aws.greengrass.ipc.lifecycle"
        case .putComponentMetric: "aws.greengrass.ipc.componentmetric"
        case .listComponents, .getComponentDetails, .restartComponent, .stopComponent, .createDebugPassword:
            "aws.greengrass.Cli"
        default: nil
        }
    }

    /// Who does it in the originals, when it is nobody here.
    var absentPlugin: String? {
        switch self {
        case .createLocalDeployment, .getLocalDeploymentStatus, .cancelLocalDeployment, .listLocalDeployments:
            "local deployments (aws.greengrass.Cli)"
        case .getSecretValue: "secrets (aws.greengrass.SecretManager)"
        case .getThingShadow, .updateThingShadow, .deleteThingShadow, .listNamedShadowsForThing:
            "shadows (aws.greengrass.ShadowManager)"
        case .subscribeToCertificateUpdates, .verifyClientDeviceIdentity, .getClientDeviceAuthToken,
            .authorizeClientDeviceAction:
            "client devices (aws.greengrass.clientdevices.Auth)"
        default: nil
        }
    }
}
