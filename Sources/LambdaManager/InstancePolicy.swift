internal import GreengrassModel
internal import NIOCore

/// How many instances a function has, and when they come and go.
enum InstancePolicy: Equatable {
    /// One instance, from the start to the stop.
    case pinned
    /// Instances start when there is work, at most `countMax` at a time (`maxInstancesCount`), and end after
    /// `idleTimeMax` without any (`maxIdleTimeInSeconds`); with zero each serves one invocation.
    case onDemand(countMax: Int, idleTimeMax: TimeAmount)

    /// What the component file asks for.
    init(_ parameters: LambdaParameters) {
        self =
            parameters.isPinned
            ? .pinned
            : .onDemand(
                countMax: parameters.maxInstancesCount,
                idleTimeMax: .seconds(parameters.maxIdleTime.components.seconds)
            )
    }
}
