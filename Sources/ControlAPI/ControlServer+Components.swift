internal import ComponentRunner
internal import Components
internal import Hummingbird
internal import LambdaManager
internal import ServiceLifecycle

/// Components: looking at them, restarting and stopping them.
extension ControlServer {
    func components(_ request: Request) async throws -> Response {
        let states = directory.components.map { ($0.name, $0.state.rawValue) }
        let stateOf = Dictionary(states) { first, _ in first }
        var reports =
            manager.functions.map { ComponentReport($0) { stateOf[$0] } }
            + runner.components.map {
                ComponentReport($0, configurationText: configurationText($0.component.name))
            }
        for index in reports.indices {
            reports[index].metrics = metrics.metrics(of: reports[index].name).map {
                ComponentReport.Metric(name: $0.name, unit: $0.unit.rawValue, value: $0.value)
            }
        }
        return try json(reports)
    }

    func restartComponents(_ request: Request) async throws -> Response {
        let names = try names(in: request)
        // Who is asked may take its time, which must not hold up the daemon's end.
        try await cancelWhenGracefulShutdown { try await redeploy(names) }
        return Response(status: .noContent)
    }

    func stopComponents(_ request: Request) async throws -> Response {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in try names(in: request) {
                group.addTask { try await directory.stop(name) }
            }
            try await group.waitForAll()
        }
        return Response(status: .noContent)
    }

    /// The names of the components that the parameter `names` lists, or an error and none; a function may be
    /// called by its ARN.
    private func names(in request: Request) throws -> [String] {
        let names = try parameter("names", of: request).split(separator: ",")
        guard !names.isEmpty else { throw ControlError(message: "no component is named") }
        let deployed = directory.components.map(\.name)
        return try names.map(String.init).map { name in
            guard !name.contains(":") else { return try manager.function(named: name).get().component.name }
            guard deployed.contains(name) else {
                let list = deployed.isEmpty ? "none" : deployed.joined(separator: ", ")
                throw ControlError(message: "no component is called \(name); deployed: \(list)")
            }
            return name
        }
    }
}
