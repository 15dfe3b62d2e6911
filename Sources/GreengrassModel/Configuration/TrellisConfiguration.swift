/// The settings of a daemon: `trellis.json`, with a default for every key.
package struct TrellisConfiguration: Hashable, Sendable {
    /// What functions see as `AWS_IOT_THING_NAME`; also what the MQTT client ids begin with.
    package var thingName = "trellis"
    /// What functions see as `AWS_REGION`.
    package var region = "us-east-1"
    /// The twelve digits of the AWS account.
    package var accountID = "000000000000"
    /// The absolute path of the folder that the daemon writes to.
    package var root: String
    /// The path of the subscription table; `nil` when there is none.
    package var subscriptionsPath: String?
    /// The paths of the component files.
    package var componentPaths: [String] = []
    /// The components that are no Lambda functions.
    package var genericComponents: [GenericComponentEntry] = []
    /// What components may do through the Greengrass IPC, and what they are configured with.
    package var componentSettings = ComponentSettings()
    /// The port of the legacy HTTP API; 0 is any free one.
    package var legacyIPCPort = 0
    /// Who functions run as that name nobody; `nil`: `ggc_user` where it exists, else the daemon's own user.
    package var posixUser: PosixUser?
    /// What becomes of functions that ask for a container.
    package var isolation = Isolation.auto
    /// The way to the cloud.
    package var mqtt = MQTTSettings()
    /// The brokers beside the cloud.
    package var endpoints: [NamedEndpoint] = []
    /// What goes from one bus to another.
    package var topicMappings: [TopicMapping] = []
    /// The path of the file that it was read from; `nil` without one.
    package var file: String?
    /// Bounds.
    package var limits = Limits()

    /// Makes the defaults, for a daemon that writes to `root`.
    package init(root: String) {
        self.root = root
    }
}
