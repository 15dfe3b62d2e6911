internal import CDeflate

/// The checksum of the event-stream encoding: CRC-32 as in zlib and IEEE 802.3, reflected, with the initial
/// value and the final xor all ones.
package struct CRC32: Hashable, Sendable {
    /// The checksum itself.
    package private(set) var value: UInt32 = 0

    /// The checksum of no bytes.
    package init() {}

    /// The checksum of `bytes`.
    @inline(__always)
    package init(of bytes: RawSpan) {
        update(bytes)
    }

    /// Takes further bytes in.
    @inline(__always)
    package mutating func update(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { bytes in
            update(bytes)
        }
    }

    /// Takes further bytes in.
    @inline(__always)
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // Without bytes there may be no address either, and then the function starts anew.
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        value = libdeflate_crc32(value, start, bytes.count)
    }
}
