/// Strings and numbers.
extension JSONReader {
    /// Reads a string from its opening quote on.
    mutating func readString() throws(JSONProblem) -> String {
        offset += 1
        var text = ""
        var runStart = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                text += String(decoding: bytes[runStart..<offset], as: UTF8.self)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                text += String(decoding: bytes[runStart..<offset], as: UTF8.self)
                text.unicodeScalars.append(try readEscape())
                runStart = offset
            case 0x00..<0x20:
                throw problem("found a control character in a string; write it as \\u00XX, or end the string")
            default:
                offset += 1
            }
        }
        throw problem("found the end of the file in a string; a closing quote is missing")
    }

    private mutating func readEscape() throws(JSONProblem) -> Unicode.Scalar {
        offset += 1
        let simple: Unicode.Scalar? =
            switch peek() {
            case UInt8(ascii: "\""): "\""
            case UInt8(ascii: "\\"): "\\"
            case UInt8(ascii: "/"): "/"
            case UInt8(ascii: "b"): "\u{8}"
            case UInt8(ascii: "f"): "\u{C}"
            case UInt8(ascii: "n"): "\n"
            case UInt8(ascii: "r"): "\r"
            case UInt8(ascii: "t"): "\t"
            default: nil
            }
        if let simple {
            offset += 1
            return simple
        }
        guard peek() == UInt8(ascii: "u") else {
            throw problem("found \(foundHere) after a backslash; allowed are \" \\ / b f n r t and uXXXX")
        }
        let high = try readHexDigits()
        if let scalar = Unicode.Scalar(high) { return scalar }
        let lone = "found half of a surrogate pair; write both halves, or the character itself"
        guard UTF16.isLeadSurrogate(UInt16(high)), bytes[offset...].starts(with: "\\u".utf8) else {
            throw problem(lone)
        }
        offset += 1
        let low = try readHexDigits()
        guard UTF16.isTrailSurrogate(UInt16(truncatingIfNeeded: low)) else { throw problem(lone) }
        return UTF16.decode(UTF16.EncodedScalar([UInt16(high), UInt16(low)]))
    }

    /// Reads `uXXXX`.
    private mutating func readHexDigits() throws(JSONProblem) -> UInt32 {
        offset += 1
        let digits = bytes[offset...].prefix(4)
        guard
            digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else {
            throw problem("found \\u without four hexadecimal digits after it")
        }
        offset += 4
        return value
    }

    /// Reads a number and keeps it as it is written.
    mutating func readNumber() throws(JSONProblem) -> String {
        let start = offset
        if peek() == UInt8(ascii: "-") { offset += 1 }
        if peek() == UInt8(ascii: "0") {
            offset += 1
            guard !isDigit(peek()) else {
                throw problem("found a number with a leading zero; remove the zero")
            }
        } else {
            try skipDigits(after: "a minus sign")
        }
        if peek() == UInt8(ascii: ".") {
            offset += 1
            try skipDigits(after: "a decimal point")
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { offset += 1 }
            try skipDigits(after: "an exponent's e")
        }
        guard offset - start <= JSONDocument.numberLengthMax else {
            throw problem(
                "found a number of \(offset - start) characters; \(JSONDocument.numberLengthMax) are the most"
            )
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func skipDigits(after what: String) throws(JSONProblem) {
        guard isDigit(peek()) else { throw problem("found \(foundHere) after \(what); a digit is expected") }
        while isDigit(peek()) { offset += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
