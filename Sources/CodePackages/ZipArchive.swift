import CZip
import Glibc

/// How much of an entry is in memory at a time: what one call to libzip unpacks and one to the system writes.
private let chunkBytesMax = 64 << 10

/// An archive as libzip reads it: the only code that holds its pointers.
struct ZipArchive: ~Copyable {
    let fileBytes: Int
    let limits: CodePackageLimits
    /// How many entries there are.
    let count: Int
    private let handle: OpaquePointer

    /// Reads the archive's directory.
    init(_ file: borrowing ArchiveFile, limits: CodePackageLimits) throws(PackageProblem) {
        try file.checkDirectory(limits: limits)
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        guard let stream = file.stream() else { throw .system("the archive can't be read") }
        guard let source = zip_source_filep_create(stream, 0, -1, &error) else {
            fclose(stream)
            throw .unreadable(&error)
        }
        // From here on the source owns the stream, and then the handle the source.
        guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
            zip_source_free(source)
            throw .unreadable(&error)
        }
        self.fileBytes = file.sizeBytes
        self.limits = limits
        self.handle = handle
        self.count = Int(max(0, zip_get_num_entries(handle, 0)))
    }

    deinit {
        zip_discard(handle)
    }

    /// The record of an entry, from the archive's directory.
    func record(at position: Int) throws(PackageProblem) -> ZipRecord {
        let index = zip_uint64_t(position)
        var status = zip_stat_t()
        zip_stat_init(&status)
        var system: zip_uint8_t = 0
        var attributes: zip_uint32_t = 0
        let needed =
            ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD
            | ZIP_STAT_ENCRYPTION_METHOD
        guard zip_stat_index(handle, index, ZIP_FL_ENC_RAW, &status) == 0,
            status.valid & zip_uint64_t(needed) == needed, let text = status.name,
            zip_file_get_external_attributes(handle, index, 0, &system, &attributes) == 0
        else { throw .unreadable(zip_get_error(handle)) }
        guard let name = String(validatingCString: text) else {
            throw PackageProblem(
                "its name is not in UTF-8; rename it and make the archive again",
                entry: String(cString: text)
            )
        }
        let hasMode = [ZIP_OPSYS_UNIX, ZIP_OPSYS_OS_X].contains(UInt32(system))
        return ZipRecord(
            index: index,
            name: name,
            mode: hasMode ? attributes >> 16 : 0,
            method: Int32(status.comp_method),
            isEncrypted: status.encryption_method != ZIP_EM_NONE,
            sizeBytes: status.size,
            packedBytes: status.comp_size
        )
    }

    /// Unpacks an entry piece by piece: never more bytes than its size says, and at the end exactly as many.
    ///
    /// - Throws: what `body` throws, and a problem when the entry is damaged, maybe after `body` had a part.
    func unpack(
        _ entry: PackageEntry,
        _ body: (ArraySlice<UInt8>) throws(PackageProblem) -> Void
    ) throws(PackageProblem) {
        guard let file = zip_fopen_index(handle, entry.index, 0) else {
            throw .unreadable(zip_get_error(handle), entry: entry.path)
        }
        defer { zip_fclose(file) }
        // One byte more, so that an entry of the size that it should have is read to its end at once.
        var buffer = [UInt8](repeating: 0, count: min(chunkBytesMax, entry.sizeBytes + 1))
        var leftBytes = entry.sizeBytes
        while true {
            let count = Int(zip_fread(file, &buffer, zip_uint64_t(buffer.count)))
            guard count >= 0 else { throw .unreadable(zip_file_get_error(file), entry: entry.path) }
            // Only with the call that returns nothing does libzip compare the checksum.
            if count == 0 { break }
            leftBytes -= count
            guard leftBytes >= 0 else { break }
            try body(buffer[..<count])
        }
        guard leftBytes == 0 else {
            throw entry.problem(
                "it has \(leftBytes < 0 ? "more" : "fewer") bytes than the archive says; make it again"
            )
        }
    }
}

extension PackageProblem {
    /// The archive is none, or is damaged, in libzip's words.
    fileprivate static func unreadable(
        _ error: UnsafeMutablePointer<zip_error_t>,
        entry: String? = nil
    ) -> PackageProblem {
        let reason = String(cString: zip_error_strerror(error))
        return PackageProblem(
            "it can't be read as a zip archive (\(reason)); make or copy it again",
            entry: entry
        )
    }
}
