import Foundation

/// A request to the legacy API, right in everything that a test does not change.
struct LegacyRequest {
    static let router = "arn:aws:lambda:::function:GGRouter"

    /// The whole request as it stands on the wire.
    let bytes: [UInt8]

    /// Makes a request; with `close` it is the last on its connection.
    init(
        _ method: String = "POST",
        _ function: String = LegacyRequest.router,
        _ suffix: String = "",
        token: String?,
        _ headers: [String: String] = [:],
        body: String = "",
        close: Bool = true
    ) {
        var lines = ["\(method) /2016-11-01/functions/\(function)\(suffix) HTTP/1.1", "Host: localhost"]
        var headers = headers
        if let token {
            headers["Authorization"] = token
        }
        if headers["Content-Length"] == nil, headers["Transfer-Encoding"] == nil {
            headers["Content-Length"] = "\(body.utf8.count)"
        }
        if close {
            headers["Connection"] = "close"
        }
        lines += headers.map { "\($0.key): \($0.value)" }.sorted()
        bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// The header with which a function publishes.
    static func publishing(
        _ topic: String,
        as source: String,
        policy: String = ""
    ) -> [String: String] {
        let custom = ["source": source, "subject": topic, "queueFullPolicy": policy]
        let json = (try? JSONSerialization.data(withJSONObject: ["custom": custom])) ?? Data()
        return context(json)
    }

    /// A client context, of any bytes.
    static func context(_ bytes: Data) -> [String: String] {
        ["X-Amz-Client-Context": bytes.base64EncodedString(), "X-Amz-Invocation-Type": "Event"]
    }
}
