/// One policy of an `accessControl`: what a component may do through the Greengrass IPC.
package struct AccessPolicy: Hashable, Sendable {
    /// The principal that stands for every component.
    package static let everyComponent = "*"

    /// Who may do it: a component's name, or `everyComponent`.
    package var component: String
    /// The service whose operations they are, for example `aws.greengrass.ipc.pubsub`.
    package var service: String
    /// The policy's name, unique on this machine.
    package var id: String
    /// What it is for, in its author's words.
    package var description: String
    /// The operations, for example `aws.greengrass#PublishToTopic`; `*` is all of the service.
    package var operations: [String]
    /// What they may be done to, as `ResourcePattern` reads it.
    package var resources: [String]
    /// Where in its file it stands.
    package var place: SourcePlace

    /// Makes a policy.
    package init(
        component: String,
        service: String,
        id: String,
        description: String = "",
        operations: [String],
        resources: [String],
        place: SourcePlace = SourcePlace(line: 1, column: 1)
    ) {
        self.component = component
        self.service = service
        self.id = id
        self.description = description
        self.operations = operations
        self.resources = resources
        self.place = place
    }
}
