internal import ComponentRunner
internal import Components
internal import LambdaManager
internal import NIOCore

/// Every component that is deployed: functions, and those that are none.
final class DeployedComponents: ComponentDirectory {
    private let manager: LambdaManager
    private let runner: ComponentRunner
    private let redeployer: Redeployer

    init(manager: LambdaManager, runner: ComponentRunner, redeployer: Redeployer) {
        self.manager = manager
        self.runner = runner
        self.redeployer = redeployer
    }

    var components: [Component] {
        (manager.functions.map(\.component) + runner.components.map(\.component))
            .sorted { $0.name < $1.name }
    }

    /// Whoever subscribed to updates is not asked, as in the originals: only deployments do that.
    func restart(_ name: String) async throws(ComponentError) {
        _ = try component(named: name)
        do {
            try await redeployer.restart([name], isAnnounced: false)
        } catch {
            throw .failed("\(error)")
        }
    }

    func stop(_ name: String) async throws(ComponentError) {
        guard let end = runner.component(named: name)?.stop() ?? function(named: name)?.stop() else {
            throw .componentNotFound(name)
        }
        do {
            try await end.get()
        } catch {
            throw .failed("\(error)")
        }
    }

    func pause(_ name: String) async throws(ComponentError) {
        try setPaused(true, name)
    }

    func resume(_ name: String) async throws(ComponentError) {
        try setPaused(false, name)
    }

    private func setPaused(_ isPaused: Bool, _ name: String) throws(ComponentError) {
        guard let component = runner.component(named: name) else {
            _ = try self.component(named: name)
            throw .invalidArguments("\(name) is a Lambda function, and only generic components can be paused")
        }
        try component.setPaused(isPaused)
    }

    func report(_ state: ReportedState, by identity: Identity) {
        if let component = runner.component(named: identity.componentName) {
            component.report(state, by: identity.instance)
        } else {
            function(named: identity.componentName)?.report(state, by: identity.instance)
        }
    }

    private func function(named name: String) -> LambdaFunction? {
        manager.functions.first { $0.component.name == name }
    }
}
