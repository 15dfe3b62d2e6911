internal import Broker
internal import Components
package import GreengrassModel
internal import NIOConcurrencyHelpers
package import NIOCore

/// Starting and stopping all functions, and deploying some of them anew.
extension LambdaManager {
    /// Starts every function in `environment`: pinned ones now, the others when there is work; each after
    /// those that it depends on.
    package func start(environment: FunctionEnvironment) {
        context.environment.withLockedValue { $0 = environment }
        for function in functionsInStartOrder {
            function.start()
        }
    }

    /// Deploys other definitions of components that are deployed, in their places: queues stay, and new
    /// instances are what the definitions describe.
    ///
    /// - Parameters:
    ///   - definitions: What to deploy, checked.
    ///   - subscriptions: The table that goes with them; `nil`: the one in force stays.
    ///   - environment: What has interpreters and accounts for them.
    package func redeploy(
        _ definitions: [LambdaComponent],
        subscriptions: SubscriptionTable?,
        environment: FunctionEnvironment
    ) {
        context.environment.withLockedValue { $0 = environment }
        let all = deployed.withLockedValue { $0 }
        let changes = definitions.inStartOrder.compactMap { definition in
            all[definition.name.description].map { (deployed: $0, definition: definition) }
        }
        let newARNs = changes.map { ($0.deployed.function.arn, $0.definition.arn) }
        broker.redeploy(Dictionary(newARNs) { first, _ in first }, table: subscriptions)
        for (deployed, definition) in changes {
            let function = deployed.function
            let before = function.definition.parameters.eventSources
            let sources = definition.parameters.eventSources
            for source in sources where !before.contains(source) {
                broker.subscribe(deployed.subscriber, to: source.topic, on: broker.bus(of: source))
            }
            for source in before where !sources.contains(source) {
                broker.unsubscribe(deployed.subscriber, from: source.topic, on: broker.bus(of: source))
            }
            dependencies.deploy(function, definition)
            function.redeploy(definition)
        }
        forgetNames()
    }

    /// Ends every instance, those of a function before those of what it depends on; returns when the last one
    /// is gone.
    ///
    /// - Parameter limit: Until then invocations that are being served may go on.
    package func stop(limit: NIODeadline = .now()) async {
        var rest = functionsInStartOrder
        while !rest.isEmpty {
            let needed = Set(rest.flatMap { $0.definition.dependencies.map(\.name.description) })
            let next = rest.filter { !needed.contains($0.component.name) }
            let ends = next.map { $0.stop(limit: limit) }
            rest.removeAll { !needed.contains($0.component.name) }
            for end in ends {
                _ = try? await end.get()
            }
        }
    }

    private var functionsInStartOrder: [LambdaFunction] {
        let byName = deployed.withLockedValue { $0.mapValues(\.function) }
        return functions.map(\.definition).inStartOrder.compactMap { byName[$0.name.description] }
    }
}
