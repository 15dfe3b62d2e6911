/// What is known of the state of what messages go to.
package struct RoutingConditions: Hashable, Sendable {
    /// How the cloud can be reached.
    package enum Cloud: Hashable, Sendable {
        /// There is a connection, or nothing is known against it.
        case on
        /// The cloud is switched off: `mqtt.endpoint` is `none`.
        case off
        /// There is no connection now; the text says more, for example `connecting`.
        case down(String)
    }

    /// Where the knowledge comes from.
    package var basis: Explanation.Basis
    /// How the cloud can be reached.
    package var cloud: Cloud
    /// The limit that is exhausted, for example `spooler.maxSizeInBytes 2621440`, when what waits for the
    /// cloud has no room for one message more.
    package var spoolIsFull: String?
    /// The state of deployed functions; of one that is missing here, nothing is known against it.
    package var functions: [FunctionARN: FunctionCondition]
    /// The links to brokers beside the cloud that have no connection now, by name; the text says more.
    package var downLinks: [String: String] = [:]

    /// What a daemon knows of itself.
    package init(
        cloud: Cloud,
        spoolIsFull: String? = nil,
        functions: [FunctionARN: FunctionCondition] = [:]
    ) {
        self.init(basis: .daemon, cloud: cloud, spoolIsFull: spoolIsFull, functions: functions)
    }

    private init(
        basis: Explanation.Basis,
        cloud: Cloud,
        spoolIsFull: String?,
        functions: [FunctionARN: FunctionCondition]
    ) {
        self.basis = basis
        self.cloud = cloud
        self.spoolIsFull = spoolIsFull
        self.functions = functions
    }

    /// What the files say, without knowing whether a daemon runs.
    package static func files(_ configuration: TrellisConfiguration) -> RoutingConditions {
        RoutingConditions(
            basis: .files,
            cloud: configuration.mqtt.endpoint == .none ? .off : .on,
            spoolIsFull: nil,
            functions: [:]
        )
    }
}
