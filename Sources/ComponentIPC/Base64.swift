internal import FoundationEssentials
internal import NIOCore

extension ByteBuffer {
    /// The bytes that a base64 text (RFC 4648, section 4, with padding) stands for; nil when it is none.
    init?(base64 text: RawSpan) {
        guard let bytes = Data(base64Encoded: text.withUnsafeBytes { Data($0) }) else { return nil }
        self.init(bytes: bytes)
    }

    /// Writes the base64 of `bytes`.
    mutating func writeBase64(_ bytes: RawSpan) {
        writeBytes(bytes.withUnsafeBytes { Data($0) }.base64EncodedData())
    }
}
