internal import Glibc

/// The lines of a workload's file, topics or filters, end to end in one block.
///
/// Both engines read them from here, and neither copies, counts references or allocates for it.
package final class Lines: @unchecked Sendable {
    // Sendable is unchecked because of the pointers; nothing writes through them after `init`.

    /// All bytes of the file.
    package let bytes: UnsafeBufferPointer<UInt8>
    /// Where each line starts.
    package let starts: UnsafeBufferPointer<UInt32>
    /// How many bytes each line has, without its end.
    package let lengths: UnsafeBufferPointer<UInt32>

    /// How many lines there are.
    package var count: Int { starts.count }

    /// Reads a file, or its first `limit` lines.
    ///
    /// They follow one another `repetitions` times, though their bytes are there only once.
    package convenience init(file path: String, limit: Int = .max, repetitions: Int = 1) throws {
        self.init(bytes: try Self.contents(of: path), limit: limit, repetitions: repetitions)
    }

    /// Makes lines of texts.
    package convenience init(_ texts: [[UInt8]]) {
        let joined = texts.flatMap { $0 + [UInt8(ascii: "\n")] }
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: joined.count)
        _ = bytes.initialize(fromContentsOf: joined)
        self.init(bytes: UnsafeBufferPointer(bytes), limit: .max, repetitions: 1)
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, limit: Int, repetitions: Int) {
        self.bytes = bytes
        var ranges: [Range<Int>] = []
        var start = 0
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            ranges.append(start..<offset)
            start = offset + 1
        }
        let repeated = (0..<repetitions).flatMap { _ in ranges.prefix(limit) }
        starts = Self.copy(repeated.map { UInt32($0.lowerBound) })
        lengths = Self.copy(repeated.map { UInt32($0.count) })
    }

    deinit {
        bytes.deallocate()
        starts.deallocate()
        lengths.deallocate()
    }

    /// The bytes of one line; valid as long as the lines are.
    package subscript(_ number: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            start: bytes.baseAddress.map { $0 + Int(starts[number]) },
            count: Int(lengths[number])
        )
    }

    private static func contents(of path: String) throws -> UnsafeBufferPointer<UInt8> {
        guard let file = fopen(path, "r") else { throw BenchmarkError("no file \(path)") }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: ftell(file))
        rewind(file)
        guard fread(bytes.baseAddress, 1, bytes.count, file) == bytes.count else {
            throw BenchmarkError("can't read \(path)")
        }
        return UnsafeBufferPointer(bytes)
    }

    private static func copy(_ numbers: [UInt32]) -> UnsafeBufferPointer<UInt32> {
        let copy = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: numbers.count)
        _ = copy.initialize(fromContentsOf: numbers)
        return UnsafeBufferPointer(copy)
    }
}
