import EventStream
import TestSupport
import Testing

@Suite("CRC-32")
struct CRC32Tests {
    /// Bit by bit, as the standard defines it.
    private func plain(_ bytes: [UInt8]) -> UInt32 {
        var state: UInt32 = ~0
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = state & 1 == 1
                state >>= 1
                state ^= isOdd ? 0xEDB8_8320 : 0
            }
        }
        return ~state
    }

    @Test("the check value of the standard")
    func check() {
        #expect(CRC32(of: Array("123456789".utf8).span.bytes).value == 0xCBF4_3926)
        #expect(CRC32().value == 0)
    }

    @Test("is the same at once and in parts")
    func parts() {
        var random = SplitMix64(seed: 1)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = plain(bytes)
            #expect(CRC32(of: bytes.span.bytes).value == expected)
            let cut = Int.random(in: 0...count, using: &random)
            let (first, rest) = (bytes[..<cut], Array(bytes[cut...]))
            var inParts = CRC32(of: Array(first).span.bytes)
            inParts.update(rest.span.bytes)
            #expect(inParts.value == expected)
        }
    }
}
