package import GreengrassModel
internal import TopicRouter

/// How a function is run, in the names and shapes that a core device's own command line lists.
package struct EffectiveConfiguration: Codable, Sendable {
    /// What holds for each invocation: its environment.
    package struct ExecutionParameters: Codable, Sendable {
        enum CodingKeys: String, CodingKey {
            case environmentVariables = "EnvironmentVariables"
        }

        let environmentVariables: [String: String]
    }

    /// An event source.
    package struct Topic: Codable, Sendable {
        let topic: String
        let type: String
    }

    /// What runs, which need not be what was asked for.
    let containerMode: String
    let containerParams: ContainerDescription
    let inputPayloadEncodingType: String
    let lambdaExecutionParameters: ExecutionParameters
    let maxIdleTimeInSeconds: Int64
    let maxInstancesCount: Int
    let maxQueueSize: Int
    let pinned: Bool
    let pubsubTopics: [String: Topic]
    let statusTimeoutInSeconds: Int64
    let timeoutInSeconds: Int64

    /// The configuration that `parameters` come to, in a container or without.
    package init(_ parameters: LambdaParameters, isContained: Bool) {
        containerMode = isContained ? "GreengrassContainer" : "NoContainer"
        containerParams = ContainerDescription(parameters.container)
        inputPayloadEncodingType = parameters.payloadEncoding.onDevice
        lambdaExecutionParameters = ExecutionParameters(
            environmentVariables: parameters.environmentVariables
        )
        maxIdleTimeInSeconds = parameters.maxIdleTime.components.seconds
        maxInstancesCount = parameters.maxInstancesCount
        maxQueueSize = parameters.maxQueueSize
        pinned = parameters.isPinned
        pubsubTopics = Dictionary(
            uniqueKeysWithValues: parameters.eventSources.enumerated().map { number, source in
                let type = source.kind == .iotCore ? "IOT_CORE" : "PUB_SUB"
                return ("\(number)", Topic(topic: source.givenTopic, type: type))
            }
        )
        statusTimeoutInSeconds = parameters.statusTimeout.components.seconds
        timeoutInSeconds = parameters.timeout.components.seconds
    }
}

extension LambdaParameters.PayloadEncoding {
    /// The value of `ENCODING_TYPE`.
    var onDevice: String {
        switch self {
        case .json: "json"
        case .binary: "binary"
        }
    }
}
