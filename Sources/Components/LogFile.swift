internal import Glibc
internal import NIOConcurrencyHelpers

/// A component's log file, `logs/NAME.log`, rotated by size.
///
/// Any thread may write. A line is written by one `write` call in append mode, so that readers see whole
/// lines. When the disk is full lines are lost and counted, and the component goes on.
package final class LogFile: Sendable {
    /// How large a file grows, and how much all files of one component take.
    package struct Limits: Sendable {
        /// A file is rotated when it would grow past this.
        ///
        /// The originals' `fileSizeKB`: 1024.
        package var fileBytesMax = 1024 * 1024
        /// The oldest rotated files are deleted past this.
        ///
        /// The originals' `totalLogsSizeKB`: 10240.
        package var totalBytesMax = 10 * 1024 * 1024

        /// The originals' defaults.
        package init() {}
    }

    private struct Storage {
        var descriptor: Int32 = -1
        var byteCount = 0
        var lostLineCount = 0
    }

    /// The file that is written now.
    package let path: String
    private let folder: String
    private let name: String
    private let limits: Limits
    private let storage = NIOLockedValueBox(Storage())

    /// Makes the log of `name` in `folder`, which must exist; the file is opened with the first line.
    package init(folder: String, name: String, limits: Limits = Limits()) {
        self.folder = folder
        self.name = name
        self.path = "\(folder)/\(name).log"
        self.limits = limits
    }

    deinit {
        storage.withLockedValue { storage in
            if storage.descriptor >= 0 {
                close(storage.descriptor)
            }
        }
    }

    /// How many lines could not be written.
    package var lostLineCount: Int {
        storage.withLockedValue { $0.lostLineCount }
    }

    /// Appends a line.
    package func write(_ line: LogLine) {
        let bytes = line.bytes
        storage.withLockedValue { storage in
            if storage.byteCount + bytes.count > limits.fileBytesMax, storage.byteCount > 0 {
                rotate(&storage, at: line.millisecondsSinceEpoch)
            }
            guard open(&storage) else {
                storage.lostLineCount += 1
                return
            }
            let written = Glibc.write(storage.descriptor, bytes, bytes.count)
            storage.byteCount += max(0, written)
            if written != bytes.count {
                storage.lostLineCount += 1
            }
        }
    }

    private func open(_ storage: inout Storage) -> Bool {
        if storage.descriptor >= 0 {
            return true
        }
        storage.descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard storage.descriptor >= 0 else { return false }
        storage.byteCount = max(0, Int(lseek(storage.descriptor, 0, SEEK_END)))
        return true
    }

    /// Renames the file to `NAME_2022_08_05_02_0.log`, the last number being the first one free, and deletes
    /// the oldest.
    private func rotate(_ storage: inout Storage, at milliseconds: Int64) {
        if storage.descriptor >= 0 {
            close(storage.descriptor)
        }
        storage.descriptor = -1
        storage.byteCount = 0
        let hour = Timestamp.hour(millisecondsSinceEpoch: milliseconds)
        let taken = Set(rotatedFiles().map(\.name))
        let number = (0...taken.count).first { !taken.contains("\(name)_\(hour)_\($0).log") } ?? 0
        rename(path, "\(folder)/\(name)_\(hour)_\(number).log")
        var total = limits.fileBytesMax
        for file in rotatedFiles().sorted(by: { $0.modified > $1.modified }) {
            total += file.byteCount
            if total > limits.totalBytesMax {
                unlink("\(folder)/\(file.name)")
            }
        }
    }

    private func rotatedFiles() -> [(name: String, byteCount: Int, modified: Int)] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var files: [(name: String, byteCount: Int, modified: Int)] = []
        while let entry = readdir(directory) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard isRotated(file) else { continue }
            var status = stat()
            guard stat("\(folder)/\(file)", &status) == 0 else { continue }
            let modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
            files.append((file, Int(status.st_size), modified))
        }
        return files
    }

    /// Whether a file is `NAME_YYYY_MM_DD_HH_N.log`; `NAME` alone as prefix would also take another
    /// component's files.
    private func isRotated(_ file: String) -> Bool {
        guard file.hasPrefix(name + "_"), file.hasSuffix(".log") else { return false }
        let fields = file.dropFirst(name.count + 1).dropLast(4).split(
            separator: "_",
            omittingEmptySubsequences: false
        )
        return fields.count == 5 && fields.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
    }
}
