/// Messages whose headers are alike but for one integer: a stream's number.
///
/// The headers are encoded once; what is written for each message is that number, the lengths and the
/// checksums.
package struct MessageTemplate: Sendable {
    private let head: [UInt8]
    private let valueOffset: Int

    /// Encodes the headers, in this order, after one called `name` of type 4 (an integer of 32 bits).
    package init(varying name: String, then headers: [(name: String, value: HeaderValue)]) {
        head = MessageHead([(name, .int32(0))] + headers, payloadByteCount: 0).bytes
        valueOffset = MessagePrelude.byteCount + 1 + name.utf8.count + 1
    }

    /// The length in bytes of what comes before the payload.
    package var headByteCount: Int { head.count }

    /// The length in bytes of a message with a payload of so many.
    package func messageByteCount(payloadByteCount: Int) -> Int {
        head.count + payloadByteCount + MessagePrelude.trailerByteCount
    }

    /// Writes a whole message.
    ///
    /// - Parameters:
    ///   - value: The integer.
    ///   - payload: Copied behind the headers.
    ///   - target: Has room for `messageByteCount`.
    package func write(
        _ value: Int32,
        payload: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) {
        writeHead(value, payloadByteCount: payload.count, into: target)
        let end = head.count + payload.count
        UnsafeMutableRawBufferPointer(rebasing: target[head.count..<end]).copyMemory(from: payload)
        var checksum = CRC32()
        checksum.update(UnsafeRawBufferPointer(rebasing: target[..<end]))
        target.store(checksum.value, at: end)
    }

    /// Writes what comes before a payload that is not copied.
    ///
    /// - Parameters:
    ///   - value: The integer.
    ///   - payload: The payload.
    ///   - target: Has room for `headByteCount`.
    /// - Returns: The checksum that ends the message, big-endian on the wire.
    package func writeHead(
        _ value: Int32,
        payload: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) -> UInt32 {
        writeHead(value, payloadByteCount: payload.count, into: target)
        var checksum = CRC32()
        checksum.update(UnsafeRawBufferPointer(rebasing: target[..<head.count]))
        checksum.update(payload)
        return checksum.value
    }

    private func writeHead(
        _ value: Int32,
        payloadByteCount: Int,
        into target: UnsafeMutableRawBufferPointer
    ) {
        head.withUnsafeBytes { target.copyMemory(from: $0) }
        let messageByteCount = messageByteCount(payloadByteCount: payloadByteCount)
        target.store(UInt32(truncatingIfNeeded: messageByteCount), at: 0)
        var checksum = CRC32()
        checksum.update(UnsafeRawBufferPointer(rebasing: target[..<8]))
        target.store(checksum.value, at: 8)
        target.store(UInt32(bitPattern: value), at: valueOffset)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes an integer, big-endian.
    fileprivate func store(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }
}
