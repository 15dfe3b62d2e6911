internal import Components
internal import Hummingbird
internal import LambdaManager

/// Components: looking at them, restarting and stopping them.
extension ControlServer {
    func components(_ request: Request) async throws -> Response {
        let functions = manager.functions
        let states = functions.map { ($0.component.name, $0.component.state.rawValue) }
        let stateOf = Dictionary(states) { first, _ in first }
        return try json(functions.map { ComponentReport($0) { stateOf[$0] } })
    }

    func restartComponents(_ request: Request) async throws -> Response {
        try await redeploy(functions(named: request).map(\.component.name))
        return Response(status: .noContent)
    }

    func stopComponents(_ request: Request) async throws -> Response {
        let ends = try functions(named: request).map { $0.stop() }
        for end in ends {
            try await end.get()
        }
        return Response(status: .noContent)
    }

    /// Every function that `names` lists, or an error and none.
    private func functions(named request: Request) throws -> [LambdaFunction] {
        let names = try parameter("names", of: request).split(separator: ",")
        guard !names.isEmpty else { throw ControlError(message: "no component is named") }
        return try names.map { try manager.function(named: String($0)).get() }
    }
}
