internal import EventStream
internal import NIOCore

/// What one client is still to be sent, in the order of the messages.
struct Outbox {
    /// A longer payload is not copied behind its headers, but shared with all who get it.
    private static let copiedBytesMax = 16 * 1024

    /// What waits, besides what was taken by `takeAll`.
    private var sealed: [ByteBuffer] = []
    private var last = ByteBuffer()
    /// What waits or was taken and is not sent, in bytes.
    private(set) var byteCount = 0
    /// How many of these messages are events of subscriptions.
    private(set) var eventCount = 0
    private var taken = (byteCount: 0, eventCount: 0)

    /// Whether there is something to take.
    var hasWaiting: Bool { byteCount > taken.byteCount }

    /// Appends a message.
    mutating func append(
        _ template: MessageTemplate,
        _ streamID: Int32,
        _ payload: ByteBuffer,
        isEvent: Bool = false
    ) {
        let messageByteCount = template.messageByteCount(payloadByteCount: payload.readableBytes)
        byteCount += messageByteCount
        eventCount += isEvent ? 1 : 0
        payload.withUnsafeReadableBytes { bytes in
            if bytes.count <= Self.copiedBytesMax {
                last.writeWithUnsafeMutableBytes(minimumWritableBytes: messageByteCount) { target in
                    template.write(streamID, payload: bytes, into: target)
                    return messageByteCount
                }
                return
            }
            var checksum: UInt32 = 0
            last.writeWithUnsafeMutableBytes(minimumWritableBytes: template.headByteCount) { target in
                checksum = template.writeHead(streamID, payload: bytes, into: target)
                return template.headByteCount
            }
            sealed.append(last)
            sealed.append(payload)
            last = ByteBuffer(integer: checksum)
        }
    }

    /// Everything that waits, for the socket; `didSend` follows.
    mutating func takeAll() -> [ByteBuffer] {
        taken = (byteCount, eventCount)
        sealed.append(last)
        last = ByteBuffer()
        defer { sealed = [] }
        return sealed
    }

    /// What was taken has been sent.
    ///
    /// - Returns: Its length in bytes.
    mutating func didSend() -> Int {
        defer { taken = (0, 0) }
        byteCount -= taken.byteCount
        eventCount -= taken.eventCount
        return taken.byteCount
    }
}
