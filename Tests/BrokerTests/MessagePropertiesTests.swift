import Broker
import NIOCore
import Testing
import TopicRouter

@Suite struct MessagePropertiesTests {
    private static let full = MessageProperties(
        isRetained: true,
        userProperties: [.init(name: "trace", value: "1"), .init(name: "trace", value: "2")],
        contentType: "text/plain",
        responseTopic: "answers",
        correlationData: [0, 1, 0xFF],
        expiresAtMilliseconds: 5_000,
        subscriptionIdentifiers: [7]
    )

    private func message(_ properties: MessageProperties? = nil) throws -> Message {
        Message(
            topic: try TopicName("a/b"),
            payload: ByteBuffer(string: "12345"),
            origin: .cloud,
            clientContext: "e30=",
            properties: properties
        )
    }

    @Test("a copy's properties are its own")
    func value() throws {
        let message = try message(Self.full)
        var copy = message
        copy.properties?.contentType = "image/png"
        #expect(message.properties == Self.full)
        #expect(copy.properties?.contentType == "image/png")
        copy.properties = nil
        #expect(copy.properties == nil && message.properties != nil)
    }

    @Test("they make a message one word longer, whatever they hold")
    func size() {
        #expect(MemoryLayout<Message>.stride <= MemoryLayout<MessageWithoutProperties>.stride + 8)
    }

    /// `Message` as it would be without them.
    private struct MessageWithoutProperties {
        var topic: TopicName
        var payload: ByteBuffer
        var origin: Origin
        var hops: Int
        var qos: QoS
        var clientContext: String?
    }

    @Test("they count in a message's bytes")
    func byteCount() throws {
        #expect(try message().byteCount == 12)
        let pairs = 2 * MemoryLayout<MessageProperties.UserProperty>.stride
        #expect(Self.full.byteCount == pairs + 12 + 10 + 7 + 3 + 4)
        #expect(try message(Self.full).byteCount == 12 + pairs + 36)
    }

    @Test("they are empty until something is in them")
    func empty() {
        #expect(MessageProperties().isEmpty)
        #expect(!MessageProperties(isRetained: true).isEmpty)
        #expect(!MessageProperties(correlationData: []).isEmpty)
    }

    @Test(
        "the time to their expiry is rounded up to seconds, 0 at the end",
        arguments: [
            (4_000, 1), (4_001, 1), (3_999, 2), (5_000, 0), (9_000, 0), (.min, UInt32.max),
        ] as [(Int64, UInt32)]
    )
    func expiry(now: Int64, seconds: UInt32) {
        #expect(Self.full.secondsToExpiry(atMilliseconds: now) == seconds)
        #expect(MessageProperties().secondsToExpiry(atMilliseconds: now) == nil)
    }
}
