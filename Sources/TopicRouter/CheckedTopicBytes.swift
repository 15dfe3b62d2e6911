/// Checks what topic names and filters have in common, and copies the bytes once they are known to be few.
func checkedTopicBytes(_ utf8: some Collection<UInt8>, byteCountMax: Int) throws(TopicError) -> [UInt8] {
    guard !utf8.isEmpty else { throw .empty }
    let byteCount = utf8.count
    guard byteCount <= byteCountMax else {
        throw .tooLong(byteCount: byteCount, byteCountMax: byteCountMax)
    }
    let bytes = Array(utf8)
    do {
        _ = try UTF8Span(validating: bytes.span)
    } catch {
        throw .invalidUTF8(offset: error.byteOffsets.lowerBound)
    }
    if let offset = bytes.firstIndex(of: 0) {
        throw .nullCharacter(offset: offset)
    }
    return bytes
}
