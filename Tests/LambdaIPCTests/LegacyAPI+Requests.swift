import FoundationEssentials
import Testing

extension LegacyAPI {
    static let base = "/2016-11-01/functions/"
    static let router = base + "arn:aws:lambda:::function:GGRouter"

    /// A request as it stands on the wire.
    static func request(
        _ method: String,
        _ path: String,
        token: String?,
        _ headers: [String: String] = [:],
        body: String = ""
    ) -> String {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let token {
            text += "Authorization: \(token)\r\n"
        }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            text += "\(name): \(value)\r\n"
        }
        if !body.isEmpty {
            text += "Content-Length: \(body.utf8.count)\r\n"
        }
        return text + "\r\n" + body
    }

    /// A publish by `alpha`.
    func publish(
        topic: String = LegacyAPI.topic,
        source: String = LegacyAPI.alpha,
        policy: String = "",
        payload: String = "{}"
    ) -> String {
        let context =
            #"{"custom": {"source": "\#(source)", "subject": "\#(topic)", "queueFullPolicy": "\#(policy)"}}"#
        let headers = ["X-Amz-Client-Context": context.base64, "X-Amz-Invocation-Type": "Event"]
        return Self.request("POST", Self.router, token: alphaToken, headers, body: payload)
    }

    /// An invocation of `beta` by `alpha`.
    func invoke(
        _ arn: String = LegacyAPI.beta,
        type: String = "RequestResponse",
        context: String = ""
    ) -> String {
        let headers = ["X-Amz-Invocation-Type": type, "X-Amz-Client-Context": context]
        return Self.request("POST", Self.base + arn, token: alphaToken, headers, body: "[1]")
    }

    /// `beta` says that it is ready.
    var initialized: String {
        let body = #"{"Success": true, "Response": ""}"#
        return Self.request("PUT", "\(Self.base)\(Self.beta)/initialized", token: betaToken, body: body)
    }

    /// `beta` waits for work.
    func getWork(_ arn: String = LegacyAPI.beta) -> String {
        Self.request("GET", "\(Self.base)\(arn)/work", token: betaToken)
    }

    /// `beta` answers an invocation.
    func postResult(_ id: String, _ headers: [String: String] = [:], body: String = "[2]") -> String {
        let headers = headers.merging(["X-Amz-InvocationId": id]) { $1 }
        return Self.request("POST", "\(Self.base)\(Self.beta)/work", token: betaToken, headers, body: body)
    }

    /// `alpha` fetches the result of its invocation.
    func getResult(_ id: String) -> String {
        Self.request("GET", Self.base + Self.beta, token: alphaToken, ["X-Amz-InvocationId": id])
    }

    /// Sends one request on a connection of its own.
    func answer(to request: String) async throws -> Connection.Response {
        try await Connection.open(port: port) { connection in
            try await connection.send(request)
            return try await connection.response()
        }
    }

    /// Sends one request on a connection of its own and looks at the answer's status.
    func expect(
        _ status: Int,
        _ request: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await answer(to: request)
        #expect(answer.status == status, "\(answer.body)", sourceLocation: sourceLocation)
    }
}
