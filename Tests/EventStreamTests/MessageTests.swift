import EventStream
import Foundation
import TestSupport
import Testing

@Suite("Event-stream messages")
struct MessageTests {
    private static func rpc(type: Int32, flags: Int32, stream: Int32) -> [(name: String, value: HeaderValue)]
    {
        [
            (":message-type", .int32(type)), (":message-flags", .int32(flags)),
            (":stream-id", .int32(stream)),
        ]
    }

    /// Captured between the Python SDK and a nucleus.
    private static let captured: [(hex: String, message: EventStreamMessage)] = [
        (
            """
            0000004700000037374cfe3f0d3a6d6573736167652d7479706504000000\
            050e3a6d6573736167652d666c6167730400000001\
            0a3a73747265616d2d69640400000000e237e27d
            """,
            EventStreamMessage(headers: rpc(type: 5, flags: 1, stream: 0))
        ),
        (
            """
            0000004700000037374cfe3f0d3a6d6573736167652d7479706504000000\
            000e3a6d6573736167652d666c6167730400000002\
            0a3a73747265616d2d696404000000012809c8cf
            """,
            EventStreamMessage(headers: rpc(type: 0, flags: 2, stream: 1))
        ),
        (
            """
            0000004700000037374cfe3f0d3a6d6573736167652d7479706504000000\
            020e3a6d6573736167652d666c6167730400000000\
            0a3a73747265616d2d6964040000000051a340e1
            """,
            EventStreamMessage(headers: rpc(type: 2, flags: 0, stream: 0))
        ),
    ]

    private static let everyType = EventStreamMessage(
        headers: [
            ("yes", .bool(true)), ("no", .bool(false)), ("byte", .byte(-1)), ("int16", .int16(-2)),
            ("int32", .int32(.min)), ("int64", .int64(.max)), ("bytes", .bytes([0, 255, 3])),
            ("string", .string("grüße")), ("empty", .string("")), ("time", .timestamp(milliseconds: 1)),
            ("uuid", .uuid(1, .max)),
        ],
        payload: Array("{}".utf8)
    )

    @Test("are written and read as captured", arguments: captured.indices)
    func golden(_ index: Int) throws {
        let (hex, message) = Self.captured[index]
        let bytes = [UInt8](hex: hex)
        #expect(message.bytes == bytes)
        #expect(try EventStreamMessage(reading: bytes) == message)
    }

    @Test("a CONNECT is as long as the captured one, with the same checksums")
    func connect() {
        let message = EventStreamMessage(
            headers: [(":version", .string("0.1.0"))] + Self.rpc(type: 4, flags: 0, stream: 0),
            payload: Array(#"{"authToken": "wt+QcNHjvtCmASe1"}"#.utf8)
        )
        let bytes = message.bytes
        #expect(bytes.prefix(12) == [UInt8](hex: "0000007900000048e9e79475")[...])
        #expect(bytes.suffix(4) == [UInt8](hex: "b37c6679")[...])
    }

    @Test("headers of all ten types come back as they were")
    func types() throws {
        #expect(try EventStreamMessage(reading: Self.everyType.bytes) == Self.everyType)
    }

    @Test("a template writes what is written by hand, with the payload copied or not")
    func template() {
        let headers: [(name: String, value: HeaderValue)] = [("a", .string("b")), ("c", .bool(true))]
        let template = MessageTemplate(varying: "stream", then: headers)
        for count in [0, 1, 100_000] {
            let payload = [UInt8](repeating: 7, count: count)
            let message = EventStreamMessage(headers: [("stream", .int32(-5))] + headers, payload: payload)
            var copied = [UInt8](repeating: 0, count: template.messageByteCount(payloadByteCount: count))
            var head = [UInt8](repeating: 0, count: template.headByteCount)
            let checksum = payload.withUnsafeBytes { payload in
                copied.withUnsafeMutableBytes { template.write(-5, payload: payload, into: $0) }
                return head.withUnsafeMutableBytes { template.writeHead(-5, payload: payload, into: $0) }
            }
            #expect(copied == message.bytes)
            #expect(head + payload + Self.bigEndian(checksum) == message.bytes)
        }
    }

    @Test("a message that is cut anywhere is not there yet, and bytes after it are not its own")
    func cut() throws {
        let bytes = Self.everyType.bytes
        for count in 0..<bytes.count {
            #expect(try EventStreamMessage(reading: Array(bytes.prefix(count))) == nil)
        }
        #expect(try EventStreamMessage(reading: bytes + bytes) == Self.everyType)
    }

    @Test("any changed bit is noticed")
    func flips() {
        let bytes = Self.everyType.bytes
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: EventStreamError.self) { try EventStreamMessage(reading: changed) }
        }
    }

    @Test("lengths that can't be are refused before anything else of the message is there")
    func lengths() {
        let cases: [(UInt32, UInt32, EventStreamError)] = [
            (15, 0, .tooShort(byteCount: 15)), (0, 0, .tooShort(byteCount: 0)),
            (1001, 0, .tooLong(byteCount: 1001, byteCountMax: 1000)),
            (.max, 0, .tooLong(byteCount: 4_294_967_295, byteCountMax: 1000)),
            (16, 1, .headersTooLong(byteCount: 1, messageByteCount: 16)),
            (1000, .max, .headersTooLong(byteCount: 4_294_967_295, messageByteCount: 1000)),
        ]
        for (length, headers, error) in cases {
            let lengths = [length, headers].flatMap { Self.bigEndian($0) }
            let prelude = lengths + Self.bigEndian(CRC32(of: lengths.span.bytes).value)
            #expect(throws: error) { try EventStreamMessage(reading: prelude, byteCountMax: 1000) }
        }
    }

    @Test("headers that lie about themselves are refused")
    func headers() {
        let cases: [([UInt8], EventStreamError)] = [
            ([0, 0], .headerUnnamed(offset: 12)), ([1], .headerCut(offset: 12)),
            ([2, 0x61, 0], .headerCut(offset: 12)), ([1, 0x61], .headerCut(offset: 12)),
            ([1, 0x61, 10], .headerType(10, offset: 12)), ([1, 0x61, 4, 0, 0, 0], .headerCut(offset: 12)),
            ([1, 0x61, 7, 0], .headerCut(offset: 12)), ([1, 0x61, 7, 0, 2, 0x61], .headerCut(offset: 12)),
            ([1, 0x61, 0, 255, 0x62], .headerCut(offset: 15)),
        ]
        for (headers, error) in cases {
            #expect(throws: error) { try EventStreamMessage(reading: Self.message(headers: headers)) }
        }
    }

    /// `make soak` makes it a million.
    private static let damagedCount =
        ProcessInfo.processInfo.environment["DAMAGED_MESSAGES"].flatMap(Int.init) ?? 50_000

    @Test("damaged messages with right checksums are read or refused")
    func fuzz() {
        var random = SplitMix64(seed: 42)
        let whole = Self.everyType.bytes
        let headers = whole[12..<whole.count - 6]
        var acceptedCount = 0
        for _ in 0..<Self.damagedCount {
            var damaged = Array(headers)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = .random(in: 0...255, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.insert(.random(in: 0...16, using: &random), at: place)
                }
            }
            if (try? EventStreamMessage(reading: Self.message(headers: damaged))) != nil {
                acceptedCount += 1
            }
        }
        #expect(acceptedCount > Self.damagedCount / 50)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// A message with right checksums around any bytes.
    private static func message(headers: [UInt8]) -> [UInt8] {
        var bytes = bigEndian(UInt32(16 + headers.count)) + bigEndian(UInt32(headers.count))
        bytes += bigEndian(CRC32(of: bytes.span.bytes).value) + headers
        return bytes + bigEndian(CRC32(of: bytes.span.bytes).value)
    }
}
