/// How much of the file's end can hold the end of the directory: the longest comment, the record that it
/// belongs to (22 bytes), and the pointer of zip64 before it (20 bytes).
private let tailBytes = 65_536 + 22 + 20

/// How an archive marks the records of its directory; all numbers in them are little-endian.
private enum Signature {
    static let header = Array("PK\u{1}\u{2}".utf8)
    static let end = Array("PK\u{5}\u{6}".utf8)
    static let zip64End = Array("PK\u{6}\u{6}".utf8)
    static let zip64Pointer = Array("PK\u{6}\u{7}".utf8)
}

extension ArchiveFile {
    /// Measures the archive's directory, for libzip bounds neither its memory nor its time.
    ///
    /// It reads every entry before it says how many there are (a million in a file of 52 MB took 300 MB),
    /// keeps names by a hash that anybody can make collide (65,534 took 11 s, growing with the square), and
    /// tries every place that looks like the directory's end (2,900 in a file of 1 MB took 90 s); so measured
    /// with 1.7.3. Whatever it could take for an end is therefore followed here first, and all of it counts.
    ///
    /// Here is also seen what libzip hides: it shows a zero byte in a name as a space.
    func checkDirectory(limits: CodePackageLimits) throws(PackageProblem) {
        let start = max(0, sizeBytes - tailBytes)
        let tail = bytes(at: start, count: sizeBytes - start)
        var measure = DirectoryMeasure(limits: limits)
        for index in tail.indices where tail[index] == Signature.end[0] {
            let record = tail[index...].prefix(22)
            guard record.count == 22, record.starts(with: Signature.end) else { continue }
            let offset = record.number(at: 16, bytes: 4)
            try followHeaders(at: offset, measure: &measure)
            // Both may say the same, which must not count twice.
            if let zip64 = zip64Offset(tail[..<index]), zip64 != offset {
                try followHeaders(at: zip64, measure: &measure)
            }
        }
    }

    /// Where a directory starts whose end is behind `head`, if that says so in the way of zip64.
    private func zip64Offset(_ head: ArraySlice<UInt8>) -> UInt64? {
        let pointer = head.suffix(20)
        guard pointer.count == 20, pointer.starts(with: Signature.zip64Pointer),
            let place = Int(exactly: pointer.number(at: 8, bytes: 8))
        else { return nil }
        let record = bytes(at: place, count: 56)
        guard record.count == 56, record.starts(with: Signature.zip64End) else { return nil }
        return record[...].number(at: 48, bytes: 8)
    }

    /// Follows the headers of entries from `offset` on, as long as there is one behind the other.
    ///
    /// The archive also says how many there are and how long they are, but libzip reads on in some cases.
    private func followHeaders(at offset: UInt64, measure: inout DirectoryMeasure) throws(PackageProblem) {
        guard var offset = Int(exactly: offset) else { return }
        while offset < sizeBytes {
            let header = bytes(at: offset, count: 46)
            guard header.count == 46, header.starts(with: Signature.header) else { return }
            // Of the name, the extra fields and the comment, which follow.
            let lengths = [28, 30, 32].map { Int(header[...].number(at: $0, bytes: 2)) }
            let headerBytes = 46 + lengths.reduce(0, +)
            guard headerBytes <= sizeBytes - offset else { return }
            try measure.add(headerBytes: headerBytes, name: bytes(at: offset + 46, count: lengths[0]))
            offset += headerBytes
        }
    }
}

/// What was found of an archive's directory.
private struct DirectoryMeasure {
    let limits: CodePackageLimits
    private var entries = 0
    private var bytes = 0

    init(limits: CodePackageLimits) {
        self.limits = limits
    }

    mutating func add(headerBytes: Int, name: [UInt8]) throws(PackageProblem) {
        entries += 1
        bytes += headerBytes
        guard entries <= limits.entries else { throw .tooManyEntries(limits) }
        guard bytes <= limits.directoryBytes else {
            throw PackageProblem(
                "the archive's directory has more than \(limits.directoryBytes) bytes; "
                    + "make it again without comments and extra fields"
            )
        }
        guard !name.contains(0) else {
            throw PackageProblem(
                "its name has a zero byte in it; rename it and make the archive again",
                entry: String(decoding: name, as: UTF8.self)
            )
        }
    }
}

extension ArraySlice<UInt8> {
    /// The little-endian number of `bytes` bytes that starts `offset` bytes behind the start.
    fileprivate func number(at offset: Int, bytes: Int) -> UInt64 {
        self[(startIndex + offset)...].prefix(bytes).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PackageProblem {
    /// The archive has more in it than may be.
    static func tooManyEntries(_ limits: CodePackageLimits) -> PackageProblem {
        PackageProblem(
            "the archive has more than \(limits.entries) files and folders; leave out what does not run"
        )
    }
}
