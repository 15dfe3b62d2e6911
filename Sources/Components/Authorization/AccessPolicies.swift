package import GreengrassModel
internal import NIOConcurrencyHelpers
internal import Synchronization

/// What each component may do through the Greengrass IPC.
///
/// Policies only allow; what none allows is refused. Any thread may ask while another replaces them.
package final class AccessPolicies: Sendable {
    private let thingName: String?
    private let table = NIOLockedValueBox(PolicyTable(policies: [], thingName: nil))
    private let changeCount = Atomic(0)

    /// Makes an empty set, which refuses everything.
    ///
    /// - Parameter thingName: What `{iot:thingName}` in a resource stands for; without one, for itself.
    package init(thingName: String? = nil) {
        self.thingName = thingName
    }

    /// Changes whenever the policies do.
    ///
    /// A decision may be kept as long as the version that was read before it was asked for.
    package var version: Int {
        changeCount.load(ordering: .acquiring)
    }

    /// Puts `policies` in the place of all that were there, at once.
    ///
    /// - Returns: What can't be used of them, one text for each resource; the rest is used.
    @discardableResult
    package func replace(with policies: [AccessPolicy]) -> [String] {
        let new = PolicyTable(policies: policies, thingName: thingName)
        table.withLockedValue { table in
            table = new
            changeCount.wrappingAdd(1, ordering: .releasing)
        }
        return new.problems
    }

    /// Whether `principal` may perform an operation on `resource`.
    ///
    /// - Parameters:
    ///   - principal: The name of the component that asks.
    ///   - operation: The operation, for example `aws.greengrass#PublishToTopic`.
    ///   - service: The service that it belongs to, for example `aws.greengrass.ipc.pubsub`.
    ///   - resource: The topic, the topic filter, the component and so on; empty where the operation has
    ///     none.
    /// - Returns: The answer, whose text a refused component is shown.
    package func decide(
        principal: String,
        operation: String,
        service: String,
        resource: String
    ) -> AccessDecision {
        table.withLockedValue { $0 }.decide(
            AccessRequest(principal: principal, operation: operation, service: service, resource: resource)
        )
    }
}
