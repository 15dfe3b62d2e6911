import Broker
import FoundationEssentials
import NIOHTTP1
import Testing
import TopicRouter

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
        let expected = ClientContext.Publish(source: "s", topic: try TopicName("t"), policy: policy)
        #expect(context == expected)
    }

    @Test(
        "a context that can't be read is 400",
        arguments: [
            "", "!", "e30", "{}".base64, "[]".base64, "null".base64, #"{"custom":{}}"#.base64,
            #"{"custom":{"source":"s"}}"#.base64, #"{"custom":{"source":"s","subject":"a/+"}}"#.base64,
            #"{"custom":{"source":1,"subject":"t"}}"#.base64,
            "{".base64,
            #"{"custom":{"source":"s","subject":"t","queueFullPolicy":"AllOrException"}}"#.base64,
            String(repeating: "[", count: 20_000).base64,
        ]
    )
    func unreadable(header: String) {
        let refusal = #expect(throws: Refusal.self) { try ClientContext.publish(header) }
        #expect(refusal?.status == .badRequest)
    }

    @Test("contexts that were read before are known, within a bound, and long ones are not kept")
    func known() throws {
        let contexts = KnownContexts()
        for _ in 0..<2 {
            for number in 0..<KnownContexts.countMax {
                let header = #"{"custom":{"source":"s","subject":"\#(number)"}}"#.base64
                #expect(try contexts.publish(header).topic.description == "\(number)")
            }
            #expect(contexts.count == KnownContexts.countMax)
        }
        _ = try contexts.publish(#"{"custom":{"source":"s","subject":"one more"}}"#.base64)
        #expect(contexts.count == 1)
        let long = String(repeating: "t", count: KnownContexts.headerBytesMax)
        #expect(try contexts.publish(#"{"custom":{"source":"s","subject":"\#(long)"}}"#.base64).source == "s")
        #expect(throws: Refusal.self) { try contexts.publish("") }
        #expect(contexts.count == 1)
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
