internal import Components
internal import LambdaManager
internal import NIOCore

/// Every component that is deployed.
final class DeployedComponents: ComponentDirectory {
    private let manager: LambdaManager
    private let redeployer: Redeployer

    init(manager: LambdaManager, redeployer: Redeployer) {
        self.manager = manager
        self.redeployer = redeployer
    }

    var components: [Component] { manager.functions.map(\.component) }

    func restart(_ name: String) async throws(ComponentError) {
        _ = try function(name)
        do {
            try await redeployer.restart([name])
        } catch {
            throw .failed("\(error)")
        }
    }

    func stop(_ name: String) async throws(ComponentError) {
        let function = try function(name)
        do {
            try await function.stop().get()
        } catch {
            throw .failed("\(error)")
        }
    }

    func pause(_ name: String) async throws(ComponentError) {
        _ = try function(name)
        throw .invalidArguments("\(name) is a Lambda function, and only generic components can be paused")
    }

    func resume(_ name: String) async throws(ComponentError) {
        try await pause(name)
    }

    func report(_ state: ReportedState, by identity: Identity) {}

    private func function(_ name: String) throws(ComponentError) -> LambdaFunction {
        guard let function = manager.functions.first(where: { $0.component.name == name }) else {
            throw .componentNotFound(name)
        }
        return function
    }
}
