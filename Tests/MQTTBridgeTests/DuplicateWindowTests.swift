import Broker
import Testing

@testable import MQTTBridge

@Suite("Duplicate window")
struct DuplicateWindowTests {
    /// Which of the copies are let through, each written as its payload and its subscription identifiers.
    private func passed(_ copies: String) throws -> String {
        var window = DuplicateWindow()
        return try copies.split(separator: " ").filter { copy in
            var message = try message("a", String(copy.prefix(1)))
            let identifiers = copy.dropFirst().map { UInt32($0.wholeNumberValue ?? 0) }
            message.properties = MessageProperties(subscriptionIdentifiers: identifiers)
            return !window.isCopy(message)
        }.joined(separator: " ")
    }

    @Test(
        "lets each message through once, whatever the order of its copies",
        arguments: [
            ("x1 x2", "x1"), ("x2 x1", "x2"), ("x1 y1 x2 y2", "x1 y1"), ("x1 x2 x1 x2", "x1 x1"),
            ("x1 x1 x2 x2", "x1 x1"), ("x12 x12", "x12 x12"), ("x12 x3 x12 x3", "x12 x12"),
            ("x1 x2 x3", "x1"), ("x2 y2 x1 y1 x1", "x2 y2 x1"), ("x x", "x x"),
        ]
    )
    func copies(sent: String, expected: String) throws {
        #expect(try self.passed(sent) == expected)
    }

    @Test("tells messages apart by topic and properties too, and forgets the oldest")
    func identity() throws {
        var window = DuplicateWindow()
        func isCopy(_ topic: String, _ identifier: UInt32, type: String? = nil) throws -> Bool {
            var message = try message(topic, "x")
            message.properties = MessageProperties(
                contentType: type,
                subscriptionIdentifiers: [identifier]
            )
            return window.isCopy(message)
        }
        #expect(try !isCopy("a", 1))
        #expect(try !isCopy("b", 2))
        #expect(try !isCopy("a", 2, type: "t"))
        for index in 0..<256 { #expect(try !isCopy("\(index)", 1)) }
        #expect(try !isCopy("a", 2))
    }
}
