internal import NIOCore

extension ByteBuffer {
    /// Writes a JSON object of which `body` writes the members.
    mutating func writeJSONObject(_ body: (inout JSONObjectWriter) -> Void) {
        var object = JSONObjectWriter(self)
        self = ByteBuffer()
        body(&object)
        self = object.finish()
    }

    /// Writes a JSON string that stands for `utf8`, which is UTF-8.
    mutating func writeJSONString(_ utf8: some Collection<UInt8>) {
        writeInteger(UInt8(ascii: "\""))
        if utf8.allSatisfy(\.isPlainInJSON) {
            writeBytes(utf8)
        } else {
            for byte in utf8 {
                writeJSONCharacter(byte)
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }

    private mutating func writeJSONCharacter(_ byte: UInt8) {
        if byte.isPlainInJSON {
            writeInteger(byte)
        } else if byte < 0x20 {
            let digits = String(byte, radix: 16)
            writeString("\\u00" + (digits.count == 1 ? "0" : "") + digits)
        } else {
            writeInteger(UInt8(ascii: "\\"))
            writeInteger(byte)
        }
    }
}

extension UInt8 {
    /// Whether the byte stands for itself in a JSON string.
    fileprivate var isPlainInJSON: Bool {
        self >= 0x20 && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }
}

/// Writes the members of a JSON object, or the elements of an array in one.
struct JSONObjectWriter {
    private var buffer: ByteBuffer
    private var isEmpty = true

    fileprivate init(_ buffer: ByteBuffer) {
        self.buffer = buffer
        self.buffer.writeInteger(UInt8(ascii: "{"))
    }

    fileprivate consuming func finish() -> ByteBuffer {
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    /// Writes a member whose value `body` writes.
    mutating func write(_ name: String, _ body: (inout ByteBuffer) -> Void) {
        if !isEmpty {
            buffer.writeInteger(UInt8(ascii: ","))
        }
        isEmpty = false
        buffer.writeJSONString(name.utf8)
        buffer.writeInteger(UInt8(ascii: ":"))
        body(&buffer)
    }

    /// Writes a member with a text.
    mutating func write(_ name: String, _ value: String) {
        write(name) { $0.writeJSONString(value.utf8) }
    }

    /// Writes a member with a text, unless there is none.
    mutating func write(_ name: String, _ value: String?) {
        if let value {
            write(name, value)
        }
    }

    /// Writes a member whose value is this JSON text.
    mutating func write(_ name: String, json: String) {
        write(name) { $0.writeString(json) }
    }

    /// Writes a member with an array, an element for each of `values`, which `body` writes.
    mutating func write<Value>(
        _ name: String,
        each values: some Sequence<Value>,
        _ body: (Value, inout ByteBuffer) -> Void
    ) {
        write(name) { buffer in
            buffer.writeInteger(UInt8(ascii: "["))
            var isFirst = true
            for value in values {
                if !isFirst {
                    buffer.writeInteger(UInt8(ascii: ","))
                }
                isFirst = false
                body(value, &buffer)
            }
            buffer.writeInteger(UInt8(ascii: "]"))
        }
    }
}
