import NIOHTTP1
import Testing

@testable import LambdaIPC

@Suite struct RouteTests {
    static let arn = "arn:aws:lambda:eu-central-1:123456789012:function:hello:3"
    static let base = "/2016-11-01/functions/"

    @Test(
        "method and path name an operation",
        arguments: [
            (HTTPMethod.POST, "", Route.Operation.postWork), (.GET, "", .getResult),
            (.GET, "/work", .getWork),
            (.POST, "/work", .postResult), (.PUT, "/initialized", .putInitialized),
        ]
    )
    func operations(method: HTTPMethod, suffix: String, operation: Route.Operation) throws {
        let route = try Route(method: method, uri: Self.base + Self.arn + suffix)
        #expect(route.operation == operation)
        #expect(route.arn == Self.arn)
    }

    @Test(
        "an ARN may be percent-encoded",
        arguments: [
            (arn.replacing(":", with: "%3A"), arn), (arn.replacing(":", with: "%3a"), arn), ("%C3%A4", "ä"),
            ("a%2Fb", "a/b"),
        ]
    )
    func percentEncoding(encoded: String, arn: String) throws {
        #expect(try Route(method: .GET, uri: "\(Self.base)\(encoded)/work").arn == arn)
    }

    @Test(
        "any other path is 404",
        arguments: [
            "/", "", "*", "/2016-11-01/functions", base, base + "/work", base + "a/other", base + "a/work/",
            base + "a/",
            base + "a//work", base + "a%", base + "a%3", base + "a%zz", base + "%FF",
            "/2018-06-01/runtime/init/error",
            "http://localhost" + base + "a", base + "a/work?x=1",
        ]
    )
    func unknownPath(uri: String) {
        let refusal = #expect(throws: Refusal.self) { try Route(method: .GET, uri: uri) }
        #expect(refusal?.status == .notFound)
    }

    @Test(
        "another method is 405 and the text names those that are served",
        arguments: [
            (HTTPMethod.DELETE, "", "GET and POST"), (.PUT, "/work", "GET and POST"),
            (.POST, "/initialized", "PUT"),
            (.HEAD, "/work", "GET and POST"), (.CONNECT, "", "GET and POST"),
        ]
    )
    func wrongMethod(method: HTTPMethod, suffix: String, allowed: String) {
        let refusal = #expect(throws: Refusal.self) {
            try Route(method: method, uri: Self.base + Self.arn + suffix)
        }
        #expect(refusal?.status == .methodNotAllowed)
        #expect(refusal?.text.hasSuffix("only \(allowed).") == true)
    }
}
