internal import GreengrassModel
internal import LambdaManager
internal import NIOHTTP1

/// A request whose head was admitted.
enum AdmittedRequest {
    /// A function calls.
    case call(Call)
    /// Somebody asks how the workers are.
    case health(HealthRequest)
}

/// A function's request whose head was admitted; an object, since it is handed on many times.
final class Call {
    let route: Route
    let caller: Caller
    private let headers: HTTPHeaders

    init(route: Route, caller: Caller, headers: HTTPHeaders) {
        self.route = route
        self.caller = caller
        self.headers = headers
    }

    subscript(header: String) -> String? {
        headers.first(name: header)
    }

    /// The invocation that the call is about.
    ///
    /// - Throws: 400 when the header is not there.
    func invocationID() throws(Refusal) -> String {
        guard let id = self[HeaderName.invocationID], !id.isEmpty else {
            throw Refusal(.badRequest, "The header \(HeaderName.invocationID) is missing.")
        }
        return id
    }

    /// Checks that the path names the caller itself, with or without its version.
    ///
    /// - Throws: 403 when it names another function.
    func checkIsAboutCaller() throws(Refusal) {
        guard route.arn == caller.name || route.arn == caller.arn.unqualified.description else {
            throw Refusal(
                .forbidden,
                "The token belongs to \(caller.name), which can't do this for \(route.arn)."
            )
        }
    }
}
