import FoundationEssentials
import LambdaManager
import Testing

@testable import LambdaIPC

@Suite("The local health API", .timeLimit(.minutes(1)))
struct HealthTests {
    private struct Worker: Decodable, Equatable {
        let FuncArn: String
        let WorkerId: String
        let ProcessId: String
        let WorkerState: String
    }

    private struct Selected: Decodable {
        let Workers: [Worker]
        let InvalidArns: [String]
    }

    private static let path = "/2016-11-01/health/workers"

    private func workers(_ api: LegacyAPI) async throws -> [Worker] {
        let answer = try await api.answer(to: LegacyAPI.request("GET", Self.path, token: nil))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        return try JSONDecoder().decode([Worker].self, from: Data(answer.body.utf8))
    }

    private func select(_ body: String, _ api: LegacyAPI) async throws -> Connection.Response {
        try await api.answer(to: LegacyAPI.request("POST", Self.path, token: nil, body: body))
    }

    @Test("every worker is told with its state, to anybody")
    func all() async throws {
        try await LegacyAPI.run { api in
            func states() async throws -> [String] { try await workers(api).map(\.WorkerState) }
            #expect(
                try await workers(api) == [
                    Worker(
                        FuncArn: LegacyAPI.alpha,
                        WorkerId: "1",
                        ProcessId: "4711",
                        WorkerState: "Starting"
                    ),
                    Worker(
                        FuncArn: LegacyAPI.beta,
                        WorkerId: "1",
                        ProcessId: "4711",
                        WorkerState: "Starting"
                    ),
                ]
            )
            try await api.expect(200, api.initialized)
            #expect(try await states() == ["Starting", "Initialized"])
            let id = try #require(try await api.answer(to: api.invoke()).headers["x-amz-invocationid"])
            #expect(try await api.answer(to: api.getWork()).body == "[1]")
            #expect(try await states() == ["Starting", "Working"])
            try await api.expect(200, api.postResult(id))
            #expect(try await states() == ["Starting", "Waiting"])
        }
    }

    @Test("the workers of some functions are told, and which ARNs name none")
    func some() async throws {
        try await LegacyAPI.run { api in
            let unqualified = String(LegacyAPI.beta.dropLast(2))
            let body = #"{"FuncArns": ["\#(unqualified)", "\#(LegacyAPI.beta)", "\#(unqualified):9", "x"]}"#
            let answer = try await select(body, api)
            #expect(answer.status == 200)
            let selected = try JSONDecoder().decode(Selected.self, from: Data(answer.body.utf8))
            #expect(selected.Workers.map(\.FuncArn) == [LegacyAPI.beta])
            #expect(selected.InvalidArns == ["\(unqualified):9", "x"])
        }
    }

    @Test(
        "a body that is no selection is 400",
        arguments: [
            "", "{}", "[]", "{", #"{"FuncArns": "x"}"#, #"{"FuncArns": [1]}"#,
            #"{"FuncArns": [\#(Array(repeating: "\"x\"", count: 1_001).joined(separator: ","))]}"#,
        ]
    )
    func invalid(body: String) async throws {
        try await LegacyAPI.run { api in
            let answer = try await select(body, api)
            #expect(answer.status == 400)
        }
    }

    @Test("long bodies, other methods and other paths are refused")
    func refused() async throws {
        try await LegacyAPI.run { api in
            let long = String(repeating: " ", count: 256 * 1024 + 1)
            #expect(try await select(long, api).status == 413)
            try await api.expect(405, LegacyAPI.request("PUT", Self.path, token: nil))
            try await api.expect(404, LegacyAPI.request("GET", Self.path + "/x", token: nil))
            try await api.expect(400, LegacyAPI.request("GET", Self.path, token: nil, ["Upgrade": "h2c"]))
        }
    }

    @Test("a function that was stopped says so")
    func stopped() async throws {
        try await LegacyAPI.run { api in
            let function = try api.manager.function(named: "beta").get()
            _ = function.stop()
            #expect(try await workers(api).map(\.WorkerState) == ["Starting", "Terminated"])
        }
    }
}
