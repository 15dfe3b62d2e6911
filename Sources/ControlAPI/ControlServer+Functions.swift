internal import GreengrassModel
internal import HTTPTypes
internal import Hummingbird
internal import LambdaManager

/// Functions: invoking them, and standing in for them.
extension ControlServer {
    func invoke(_ request: Request) async throws -> Response {
        let function = try manager.function(named: parameter("function", of: request)).get()
        let payload = try await body(of: request)
        let result = try await manager.invokeAndWait(
            function.name,
            payload: payload,
            clientContext: request.headers[.clientContext] ?? ""
        )
        var response = Response(status: .ok, body: ResponseBody(byteBuffer: result.payload))
        response.headers[.functionError] = result.functionError?.rawValue
        response.headers[.executedVersion] = function.arn.qualifier
        return response
    }

    func attach(_ request: Request) async throws -> Response {
        let function = try manager.function(named: parameter("function", of: request)).get()
        guard let (instance, plan) = function.attach() else {
            throw ControlError(message: "the daemon is not ready yet; try again in a moment")
        }
        return try json(AttachedFunction(instance: instance, plan: plan))
    }

    func detach(_ request: Request) async throws -> Response {
        let function = try manager.function(named: parameter("function", of: request)).get()
        guard let instance = UInt64(try parameter("instance", of: request)) else {
            throw ControlError(message: "an instance is a number")
        }
        function.detach(instance)
        return Response(status: .noContent)
    }
}

extension HTTPField.Name {
    fileprivate static let functionError = Self(known: ControlPath.functionErrorHeader)
    fileprivate static let executedVersion = Self(known: ControlPath.executedVersionHeader)
    fileprivate static let clientContext = Self(known: ControlPath.clientContextHeader)

    /// A name that is known to be a token, so that the other branch is never taken.
    private init(known name: String) {
        self = Self(name) ?? .accept
    }
}
