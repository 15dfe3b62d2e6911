/// The first twelve bytes of a message.
///
/// ```
///  0               4                8               12
///  ├ total length ─┼ headers length ┼ CRC of these ──┤ headers … payload … ┤ CRC of all ┤
/// ```
///
/// All integers are big-endian.
package struct MessagePrelude: Hashable, Sendable {
    /// Its own length in bytes.
    package static let byteCount = 12
    /// The length of the checksum at the end of a message, in bytes.
    package static let trailerByteCount = 4

    /// The length of the whole message in bytes, at least 16.
    package let messageByteCount: Int
    /// The length of the headers in bytes.
    package let headersByteCount: Int

    /// The prelude of a message that is written.
    init(headersByteCount: Int, payloadByteCount: Int) {
        self.headersByteCount = headersByteCount
        messageByteCount = Self.byteCount + headersByteCount + payloadByteCount + Self.trailerByteCount
    }

    /// Reads and checks the beginning of a message; nil when it is not all there.
    ///
    /// - Parameters:
    ///   - bytes: What was received so far.
    ///   - messageByteCountMax: The longest message that is taken; asked before anything is kept.
    /// - Throws: `EventStreamError`: a wrong checksum, or a length that can't be or is over the limit.
    package init?(_ bytes: RawSpan, messageByteCountMax: Int) throws(EventStreamError) {
        guard bytes.byteCount >= Self.byteCount else { return nil }
        guard CRC32(of: bytes.extracting(0..<8)).value == bytes.integer(at: 8, as: UInt32.self) else {
            throw .preludeChecksum
        }
        messageByteCount = Int(bytes.integer(at: 0, as: UInt32.self))
        headersByteCount = Int(bytes.integer(at: 4, as: UInt32.self))
        let room = messageByteCount - Self.byteCount - Self.trailerByteCount
        guard room >= 0 else { throw .tooShort(byteCount: messageByteCount) }
        guard messageByteCount <= messageByteCountMax else {
            throw .tooLong(byteCount: messageByteCount, byteCountMax: messageByteCountMax)
        }
        guard headersByteCount <= room else {
            throw .headersTooLong(byteCount: headersByteCount, messageByteCount: messageByteCount)
        }
    }

    /// Where the headers lie in the message.
    package var headers: Range<Int> { Self.byteCount..<Self.byteCount + headersByteCount }

    /// Where the payload lies in the message.
    package var payload: Range<Int> { headers.upperBound..<messageByteCount - Self.trailerByteCount }
}

extension RawSpan {
    /// A big-endian integer; `offset` and its end lie within the span.
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Integer.Type
    ) -> Integer {
        Integer(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}
