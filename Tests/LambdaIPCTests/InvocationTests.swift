import LambdaManager
import Testing

@testable import GreengrassModel
@testable import LambdaIPC

@Suite(.timeLimit(.minutes(1))) struct InvocationTests {
    @Test("an invocation goes to a waiting worker and its result back to the invoker")
    func roundTrip() async throws {
        try await LegacyAPI.run { api in
            try await api.expect(200, api.initialized)
            try await Connection.open(port: api.port) { worker in
                try await worker.send(api.getWork())
                let context = #"{"custom":{"a":1}}"#.base64
                let invoked = try await api.answer(to: api.invoke(context: context))
                #expect(invoked.statusLine == "HTTP/1.1 200 OK")
                let id = try #require(invoked.headers["x-amz-invocationid"])
                let work = try await worker.response()
                #expect(work.headers["x-amz-invocationid"] == id)
                #expect(work.headers["x-amz-client-context"] == context)
                #expect(work.body == "[1]")
                try await Connection.open(port: api.port) { invoker in
                    try await invoker.send(api.getResult(id))
                    try await worker.send(api.postResult(id))
                    #expect(try await worker.response().status == 200)
                    let result = try await invoker.response()
                    #expect(result.status == 200)
                    #expect(result.body == "[2]")
                    #expect(result.headers["x-amz-function-error"] == nil)
                }
                try await api.expect(404, api.getResult(id))
                try await api.expect(404, api.postResult(id))
            }
        }
    }

    @Test("a handler's error comes back as Handled")
    func handledError() async throws {
        try await LegacyAPI.run { api in
            try await api.expect(200, api.initialized)
            let id = try #require(try await api.answer(to: api.invoke()).headers["x-amz-invocationid"])
            #expect(try await api.answer(to: api.getWork()).body == "[1]")
            let unknown = try await api.answer(to: api.postResult(id, ["X-Amz-Function-Error": "Odd"]))
            #expect(unknown.status == 400)
            let error = #"{"errorMessage": "no"}"#
            let posted = try await api.answer(
                to: api.postResult(id, ["X-Amz-Function-Error": "Handled"], body: error)
            )
            #expect(posted.status == 200)
            let result = try await api.answer(to: api.getResult(id))
            #expect(result.status == 200)
            #expect(result.headers["x-amz-function-error"] == "Handled")
            #expect(result.body == error)
        }
    }

    @Test("an event is 202")
    func event() async throws {
        try await LegacyAPI.run { api in
            let answer = try await api.answer(to: api.invoke(type: "Event"))
            #expect(answer.statusLine == "HTTP/1.1 202 Accepted")
            #expect(answer.headers["x-amz-invocationid"] != nil)
        }
    }

    @Test(
        "functions that are not served are 404 and the text names them",
        arguments: [
            "arn:aws:lambda:::function:GGShadowService", "arn:aws:lambda:::function:GGSecretManager:1",
            "arn:aws:lambda:::function:GGSecretManager",
            "arn:aws:lambda:eu-central-1:123456789012:function:nobody:1", "nonsense",
        ]
    )
    func notServed(arn: String) async throws {
        try await LegacyAPI.run { api in
            let answer = try await api.answer(to: api.invoke(arn))
            #expect(answer.status == 404)
            #expect(answer.body.contains(arn.prefix(40)))
        }
    }

    @Test(
        "an unknown invocation type or an unreadable context is 400",
        arguments: [("Later", ""), ("Event", "###")]
    )
    func badInvocation(type: String, context: String) async throws {
        try await LegacyAPI.run { api in
            try await api.expect(400, api.invoke(type: type, context: context))
        }
    }

    @Test(
        "a worker is known by its token; its path may be without version and percent-encoded",
        arguments: [
            (LegacyAPI.beta, 200), ("arn:aws:lambda:eu-central-1:123456789012:function:beta", 200),
            (LegacyAPI.beta.replacing(":", with: "%3A"), 200), (LegacyAPI.alpha, 403),
            ("arn:aws:lambda:eu-central-1:123456789012:function:beta:1", 403), ("x", 403),
        ]
    )
    func ownFunctionOnly(arn: String, status: Int) async throws {
        try await LegacyAPI.run { api in
            try await api.expect(200, api.initialized)
            try await api.expect(202, api.publish())
            try await api.expect(status, api.getWork(arn))
        }
    }

    @Test("a request without the header it needs, or with a body that says nothing, is 400")
    func incomplete() async throws {
        try await LegacyAPI.run { api in
            let path = LegacyAPI.base + LegacyAPI.beta
            for request in [
                LegacyAPI.request("GET", path, token: api.betaToken),
                LegacyAPI.request("POST", path + "/work", token: api.betaToken, body: "[]"),
                LegacyAPI.request("PUT", path + "/initialized", token: api.betaToken, body: "{}"),
                LegacyAPI.request("PUT", path + "/initialized", token: api.betaToken),
            ] {
                try await api.expect(400, request)
            }
        }
    }

    @Test("shutdown closes waiting connections")
    func shutdown() async throws {
        try await LegacyAPI.run { api in
            try await api.expect(200, api.initialized)
            try await Connection.open(port: api.port) { worker in
                try await worker.send(api.getWork())
                await api.server.shutdown()
                #expect(await worker.rest() == "")
            }
        }
    }

    @Test("a name means what is deployed now, also one that was invoked before")
    func redeployment() async throws {
        try await LegacyAPI.run { api in
            let unversioned = String(LegacyAPI.beta.dropLast(2))
            try await api.expect(200, api.invoke())
            try await api.expect(200, api.invoke(unversioned))
            var definition = try api.manager.function(named: "beta").get().definition
            definition.arn = try FunctionARN(unversioned + ":3")
            definition.parameters.maxQueueSize = 10
            api.manager.redeploy([definition], subscriptions: nil, environment: LegacyAPI.environment)
            try await api.expect(404, api.invoke())
            try await api.expect(200, api.invoke(unversioned))
            try await api.expect(200, api.invoke(unversioned + ":3"))
        }
    }
}
