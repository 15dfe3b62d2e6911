/// What functions need, once they are rewritten for the Device SDK v2, for the flows that the subscription
/// table gives them now: "map subscriptions to authorization".
package struct AuthorizationMigration: Encodable, Hashable, Sendable {
    /// A policy as a recipe has it.
    package struct Policy: Encodable, Hashable, Sendable {
        /// The rows that it stands for.
        package var policyDescription: String
        /// One operation.
        package var operations: [String]
        /// What it may be done to.
        package var resources: [String]
    }

    /// An entry of `eventSources`.
    package struct Source: Encodable, Hashable, Sendable {
        /// The topic filter.
        package var topic: String
        /// `PUB_SUB` or `IOT_CORE`.
        package var type: String
    }

    /// An entry of `mqttTopicMapping`.
    package struct Mapping: Encodable, Hashable, Sendable {
        /// The topic filter.
        package var topic: String
        /// Where messages come from.
        package var source: String
        /// Where they go.
        package var target: String
    }

    /// By component, service and id, for `accessControl` of `trellis.json` or of recipes.
    package var accessControl: [String: [String: [String: Policy]]] = [:]
    /// By component, for its file: for functions that stay functions and are invoked by messages.
    package var eventSources: [String: [Source]] = [:]
    /// By row, for `trellis.json`: what no component has a part in.
    package var mqttTopicMapping: [String: Mapping] = [:]
    /// What can't be expressed, or behaves differently.
    package var notes: [String] = []

    /// Maps the table of `deployment`.
    ///
    /// - Parameters:
    ///   - deployment: The files.
    ///   - component: The one component to look at; `nil`: all.
    /// - Returns: What to write, and what there is to know about it.
    package static func of(_ deployment: Deployment, component: ComponentName? = nil) -> Self {
        var builder = MigrationBuilder(deployment, component: component?.description)
        for row in deployment.subscriptions.rows { builder.add(row) }
        return builder.finish()
    }
}
