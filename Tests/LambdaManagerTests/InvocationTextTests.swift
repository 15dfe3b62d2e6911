import FoundationEssentials
import Testing

@testable import LambdaManager

@Suite struct InvocationTextTests {
    @Test("an invocation's id is a random UUID, version 4, in lower case")
    func ids() throws {
        let ids = (0..<1_000).map { _ in InvocationID.random() }
        #expect(Set(ids).count == ids.count)
        for id in ids {
            #expect(UUID(uuidString: id)?.uuidString.lowercased() == id)
            #expect(id.wholeMatch(of: /.{14}4.{4}[89ab].*/) != nil, "\(id)")
        }
    }

    private struct Document: Decodable {
        let custom: [String: String]
    }

    @Test(
        "a routed message's context has its topic, whatever is in it",
        arguments: ["a/b", "", #"quote " and \ "#, "line\nend\u{1}\u{1f}\u{7f}", "räksmörgås/😀/\u{2028}"]
    )
    func context(topic: String) throws {
        let bytes = try #require(Data(base64Encoded: RoutedContext.base64(topic: Array(topic.utf8))))
        #expect(try JSONDecoder().decode(Document.self, from: bytes).custom == ["subject": topic])
    }
}
