/// The checksum of the event-stream encoding: CRC-32 as in zlib and IEEE 802.3, reflected, with the initial
/// value and the final xor all ones.
package struct CRC32: Hashable, Sendable {
    /// The polynomial, reflected: the highest bit is the coefficient of x⁰.
    private static let polynomial: UInt32 = 0xEDB8_8320
    private static let sliceCount = 16
    /// `tables[slice * 256 + byte]`: what `byte` becomes when `slice` bytes of zeros follow it.
    private static let tables: [UInt32] = {
        var tables = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in timesX(value) }
        }
        for index in 256..<sliceCount * 256 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()

    private var state: UInt32 = ~0

    /// The checksum of no bytes.
    package init() {}

    /// The checksum of `bytes`.
    package init(of bytes: RawSpan) {
        update(bytes)
    }

    /// The checksum itself.
    package var value: UInt32 { ~state }

    /// Takes further bytes in, sixteen at a time.
    package mutating func update(_ bytes: RawSpan) {
        var state = state
        let count = bytes.byteCount
        let whole = count - count % Self.sliceCount
        Self.tables.withUnsafeBufferPointer { tables in
            bytes.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: whole, by: Self.sliceCount) {
                    let first = bytes.littleEndian(at: start) ^ state
                    state =
                        tables.fold(first, slice: 12)
                        ^ tables.fold(bytes.littleEndian(at: start + 4), slice: 8)
                        ^ tables.fold(bytes.littleEndian(at: start + 8), slice: 4)
                        ^ tables.fold(bytes.littleEndian(at: start + 12), slice: 0)
                }
                for index in whole..<count {
                    state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[index])) & 0xFF)]
                }
            }
        }
        self.state = state
    }

    /// Takes further bytes in of which only `suffix` is known, in a time that doesn't depend on their number.
    package mutating func update(_ suffix: Suffix) {
        state = ~(Self.product(value, suffix.shift) ^ suffix.checksum)
    }

    /// What is to be known of bytes to append them to any others.
    package struct Suffix: Hashable, Sendable {
        fileprivate let checksum: UInt32
        /// x to the power of the number of bits.
        fileprivate let shift: UInt32

        /// Reads `bytes` once.
        package init(_ bytes: RawSpan) {
            checksum = CRC32(of: bytes).value
            shift = CRC32.power(bitCount: bytes.byteCount * 8)
        }
    }

    /// `value` times x, in the field of the checksum.
    private static func timesX(_ value: UInt32) -> UInt32 {
        value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial
    }

    private static func product(_ first: UInt32, _ second: UInt32) -> UInt32 {
        var product: UInt32 = 0
        var term = second
        for bit in stride(from: UInt32(31), through: 0, by: -1) {
            product ^= first >> bit & 1 == 1 ? term : 0
            term = timesX(term)
        }
        return product
    }

    /// x to the power of `bitCount`, by squaring.
    private static func power(bitCount: Int) -> UInt32 {
        var result: UInt32 = 1 << 31
        var square: UInt32 = 1 << 30
        var rest = bitCount
        while rest > 0 {
            if rest & 1 == 1 {
                result = product(result, square)
            }
            square = product(square, square)
            rest >>= 1
        }
        return result
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func littleEndian(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

extension UnsafeBufferPointer<UInt32> {
    /// What the four bytes of `word` become when `slice` bytes of zeros follow them.
    fileprivate func fold(_ word: UInt32, slice: Int) -> UInt32 {
        let table = slice * 256
        return self[table + Int(word >> 24)] ^ self[table + 256 + Int(word >> 16 & 0xFF)]
            ^ self[table + 512 + Int(word >> 8 & 0xFF)] ^ self[table + 768 + Int(word & 0xFF)]
    }
}
