internal import EventStream
internal import Glibc

/// What a message is for, as its header `:message-type` says.
enum MessageType: Int32 {
    case applicationMessage, applicationError, ping, pingResponse, connect, connectAck, protocolError
    case internalError
}

/// The bits of the header `:message-flags`.
struct MessageFlags: OptionSet {
    let rawValue: Int32

    static let connectionAccepted = MessageFlags(rawValue: 1)
    static let terminateStream = MessageFlags(rawValue: 2)
}

/// The names of the headers that the RPC protocol gives a meaning.
enum HeaderName {
    static let type: StaticString = ":message-type"
    static let flags: StaticString = ":message-flags"
    static let streamID: StaticString = ":stream-id"
    static let version: StaticString = ":version"
    static let operation: StaticString = "operation"
    static let contentType: StaticString = ":content-type"
    static let modelType: StaticString = "service-model-type"
}

/// A whole message, read as the RPC protocol has it; texts lie where they are.
struct RPCMessage {
    private(set) var type: Int32 = 0
    private(set) var flags = MessageFlags()
    /// 0 for the connection itself.
    private(set) var streamID: Int32 = 0
    /// Where the operation's name lies, in the first message of a stream.
    private(set) var operation: Range<Int>?
    /// Where the version lies, in CONNECT.
    private(set) var version: Range<Int>?

    /// Reads a message that is all there; headers without a meaning here are passed over.
    ///
    /// - Throws: `ProtocolError`, when the bytes are no message, or one of the three headers that each has is
    ///   missing.
    init(_ message: RawSpan, _ prelude: MessagePrelude) throws(ProtocolError) {
        var found = (type: false, flags: false, streamID: false)
        do {
            var headers = try MessageHeaders(of: message, prelude)
            while let header = try headers.next(in: message) {
                let name = message.extracting(header.name)
                if let value = header.int32(in: message) {
                    if name.isName(HeaderName.type) {
                        (type, found.type) = (value, true)
                    } else if name.isName(HeaderName.flags) {
                        (flags, found.flags) = (MessageFlags(rawValue: value), true)
                    } else if name.isName(HeaderName.streamID) {
                        (streamID, found.streamID) = (value, true)
                    }
                } else if header.type == .string {
                    if name.isName(HeaderName.operation) {
                        operation = header.value
                    } else if name.isName(HeaderName.version) {
                        version = header.value
                    }
                }
            }
        } catch {
            throw ProtocolError(error.description)
        }
        guard found.type, found.flags, found.streamID else {
            throw ProtocolError(
                "a message needs the headers \(HeaderName.type), \(HeaderName.flags) and "
                    + "\(HeaderName.streamID), each an int32"
            )
        }
    }
}

/// Why a connection can't go on; the client is told in a message of type PROTOCOL_ERROR.
struct ProtocolError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension RawSpan {
    /// Whether these bytes are a header's name; upper and lower case are alike, as they are to AWS' own
    /// library.
    fileprivate func isName(_ name: StaticString) -> Bool {
        guard byteCount == name.utf8CodeUnitCount else { return false }
        return withUnsafeBytes { bytes in
            if bytes.isSame(as: UnsafeRawBufferPointer(name)) { return true }
            return zip(bytes, UnsafeRawBufferPointer(name)).allSatisfy { $0.lowercased == $1 }
        }
    }

    /// Whether these bytes are this text.
    func isText(_ text: StaticString) -> Bool {
        withUnsafeBytes { $0.isSame(as: UnsafeRawBufferPointer(text)) }
    }

    /// These bytes as text; what is no UTF-8 is replaced.
    var text: String {
        withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a text that stands in the program.
    init(_ text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Whether the bytes are the same.
    func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let baseAddress, let start = other.baseAddress else { return true }
        return memcmp(baseAddress, start, count) == 0
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
