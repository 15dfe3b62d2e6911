import Broker
import FoundationEssentials
import NIOHTTP1
import Testing

@testable import LambdaIPC

@Suite struct ClientContextTests {
    @Test(
        "an absent or empty policy is BestEffort",
        arguments: [
            (#"{"custom":{"source":"s","subject":"t"}}"#, QueueFullPolicy.bestEffort),
            (#"{"custom":{"source":"s","subject":"t","queueFullPolicy":""}}"#, .bestEffort),
            (#"{"custom":{"source":"s","subject":"t","queueFullPolicy":null}}"#, .bestEffort),
            (#"{"custom":{"source":"s","subject":"t","queueFullPolicy":"BestEffort"}}"#, .bestEffort),
            (
                #"{"client":1,"custom":{"source":"s","subject":"t","queueFullPolicy":"AllOrError","x":[]}}"#,
                .allOrError
            ),
        ]
    )
    func policies(json: String, policy: QueueFullPolicy) throws {
        let context = try ClientContext.publish(json.base64)
        #expect(context == ClientContext.Publish(source: "s", subject: "t", policy: policy))
    }

    @Test(
        "a context that can't be read is 400",
        arguments: [
            nil, "", "!", "e30", "{}".base64, "[]".base64, "null".base64, #"{"custom":{}}"#.base64,
            #"{"custom":{"source":"s"}}"#.base64, #"{"custom":{"source":1,"subject":"t"}}"#.base64,
            "{".base64,
            #"{"custom":{"source":"s","subject":"t","queueFullPolicy":"AllOrException"}}"#.base64,
            String(repeating: "[", count: 20_000).base64,
        ]
    )
    func unreadable(header: String?) {
        let refusal = #expect(throws: Refusal.self) { try ClientContext.publish(header) }
        #expect(refusal?.status == .badRequest)
    }

    @Test(
        "the context of an invocation is empty or base64 of an object",
        arguments: ["", "{}".base64, #"{"a":[1]}"#.base64]
    )
    func invocation(header: String) {
        #expect(throws: Never.self) { try ClientContext.check(header) }
    }

    @Test(
        "any other context of an invocation is 400",
        arguments: ["x", "[1]".base64, "1".base64, "{} {}".base64]
    )
    func badInvocation(header: String) {
        #expect(throws: Refusal.self) { try ClientContext.check(header) }
    }
}

extension String {
    var base64: String { Data(utf8).base64EncodedString() }
}
