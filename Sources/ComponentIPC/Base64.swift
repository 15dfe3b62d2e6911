internal import NIOCore

/// Base64 with its standard alphabet and padding (RFC 4648, section 4).
///
/// Every message of the local bus is decoded and encoded once: through Foundation's `Data` that took a fifth
/// of all the time that a publish takes.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let padding = UInt8(ascii: "=")
    /// Stands for a character that is none of the alphabet.
    private static let none: UInt32 = 1 << 31

    /// The two characters for each twelve bits, as they lie in memory.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        UInt16(littleEndian: UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8)
    }

    /// What each character stands for in each of the four places, in 24 bits.
    private static let bits: [UInt32] = (0..<4).flatMap { place in
        var bits = [UInt32](repeating: none, count: 256)
        for (value, character) in alphabet.enumerated() {
            bits[Int(character)] = UInt32(value) << (18 - 6 * place)
        }
        return bits
    }

    /// The length of the text of so many bytes.
    static func encodedByteCount(_ byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

    /// Writes the text of `bytes`; `target` has room for `encodedByteCount`.
    static func encode(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        pairs.withUnsafeBufferPointer { pairs in
            var position = 0
            var start = 0
            while start + 3 <= bytes.count {
                let word =
                    UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
                target.storeBytes(of: pairs[Int(word >> 12)], toByteOffset: position, as: UInt16.self)
                target.storeBytes(of: pairs[Int(word & 0xFFF)], toByteOffset: position + 2, as: UInt16.self)
                start += 3
                position += 4
            }
            guard start < bytes.count else { return }
            let isOne = start + 1 == bytes.count
            let word = UInt32(bytes[start]) << 16 | (isOne ? 0 : UInt32(bytes[start + 1]) << 8)
            target.storeBytes(of: pairs[Int(word >> 12)], toByteOffset: position, as: UInt16.self)
            target[position + 2] = isOne ? padding : alphabet[Int(word >> 6 & 63)]
            target[position + 3] = padding
        }
    }

    /// Writes the bytes that `text` stands for; its length is a multiple of four, and `target` has room for
    /// three bytes for each four characters.
    ///
    /// - Returns: How many bytes; nil when the text is no base64.
    static func decode(
        _ text: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard text.count >= 4 else { return text.isEmpty ? 0 : nil }
        return bits.withUnsafeBufferPointer { bits in
            let last = text.count - 4
            var position = 0
            var start = 0
            var seen: UInt32 = 0
            while start < last {
                let word =
                    bits[Int(text[start])] | bits[256 + Int(text[start + 1])]
                    | bits[512 + Int(text[start + 2])] | bits[768 + Int(text[start + 3])]
                seen |= word
                target.store(word, at: position)
                start += 4
                position += 3
            }
            let paddingCount = text[last + 3] != padding ? 0 : text[last + 2] != padding ? 1 : 2
            var word = bits[Int(text[last])] | bits[256 + Int(text[last + 1])]
            if paddingCount < 2 { word |= bits[512 + Int(text[last + 2])] }
            if paddingCount < 1 { word |= bits[768 + Int(text[last + 3])] }
            target.store(word, at: position)
            // The bits that the padding leaves over are 0, so that each text stands for bytes of its own.
            let rest = word & (1 << (8 * UInt32(paddingCount)) - 1)
            return (seen | word) & none == 0 && rest == 0 ? position + 3 - paddingCount : nil
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes 24 bits.
    fileprivate func store(_ word: UInt32, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: word >> 16)
        self[offset + 1] = UInt8(truncatingIfNeeded: word >> 8)
        self[offset + 2] = UInt8(truncatingIfNeeded: word)
    }
}

extension ByteBuffer {
    /// The bytes that a base64 text stands for; nil when it is none.
    init?(base64 text: RawSpan) {
        let count = text.byteCount
        guard count % 4 == 0 else { return nil }
        self.init()
        let isWhole = text.withUnsafeBytes { text in
            var decodedCount: Int?
            writeWithUnsafeMutableBytes(minimumWritableBytes: count / 4 * 3) { target in
                decodedCount = Base64.decode(text, into: target)
                return decodedCount ?? 0
            }
            return decodedCount != nil
        }
        guard isWhole else { return nil }
    }

    /// Writes the base64 of `bytes`.
    mutating func writeBase64(_ bytes: UnsafeRawBufferPointer) {
        let count = Base64.encodedByteCount(bytes.count)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            Base64.encode(bytes, into: target)
            return count
        }
    }
}
