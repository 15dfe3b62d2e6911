/// What an invocation is called in the legacy API.
package enum InvocationID {
    private static let digits = Array("0123456789abcdef".utf8)
    /// After so many bytes stands a hyphen.
    private static let hyphens: Set = [4, 6, 8, 10]

    /// A new random UUID, version 4, in lower case.
    ///
    /// Foundation's opens, reads and closes a device file for each, which takes as long as all else that the
    /// manager does for a message.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let (high, low) = (generator.next(), generator.next())
        return text(high: high & ~0xF000 | 0x4000, low: low & (.max >> 2) | 1 << 63)
    }

    private static func text(high: UInt64, low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for byte in 0..<16 {
                if hyphens.contains(byte) {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let half = byte < 8 ? high : low
                let value = Int(truncatingIfNeeded: half >> (56 - 8 * UInt64(byte % 8))) & 0xFF
                text[position] = digits[value >> 4]
                text[position + 1] = digits[value & 0xF]
                position += 2
            }
            return position
        }
    }
}
