internal import FoundationEssentials

/// Reads files, and joins their names.
enum DocumentFile {
    /// The document in the file at `path`, or `nil` after a report to `log`.
    static func read(_ path: String, log: DiagnosticLog) -> DocumentNode? {
        guard let bytes = readBytes(path, log: log) else { return nil }
        return read(bytes, log: log)
    }

    /// The document in `text`, or `nil` after a report to `log`.
    static func read(_ text: [UInt8], log: DiagnosticLog) -> DocumentNode? {
        do {
            let document = try JSONDocument(text)
            for problem in document.duplicateKeys { log.add(.error, problem.message, at: problem.place) }
            return DocumentNode(value: document.root, keyPath: "", log: log)
        } catch {
            log.add(.error, error.message, at: error.place)
            return nil
        }
    }

    private static func readBytes(_ path: String, log: DiagnosticLog) -> [UInt8]? {
        switch kind(path) {
        case .file(let size) where size > JSONDocument.bytesMax:
            log.add(.error, "found a file of \(size) bytes; \(JSONDocument.bytesMax) bytes are the most")
        case .file:
            if let data = try? Data(contentsOf: URL(filePath: path)) { return [UInt8](data) }
            log.add(.error, "the file can't be read; check its permissions")
        case .folder:
            log.add(.error, "found a folder; a JSON file is expected")
        case .other:
            log.add(.error, "found neither a file nor a folder; a JSON file is expected")
        case .nothing:
            log.add(.error, "found no such file; check the path and the folder it is relative to")
        }
        return nil
    }

    /// What a path leads to.
    enum Kind: Equatable {
        case file(sizeBytes: Int)
        case folder
        /// A pipe or a device; reading it could block for ever or never end.
        case other
        case nothing
    }

    /// What `path` leads to, symbolic links followed.
    static func kind(_ path: String) -> Kind {
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else {
            return .nothing
        }
        switch attributes[.type] as? FileAttributeType {
        case .typeRegular:
            return .file(sizeBytes: FileAttribute.integer(attributes[.size]) ?? .max)
        case .typeDirectory: return .folder
        default: return .other
        }
    }

    /// The folder that relative paths of the command line are relative to.
    static var currentFolder: String {
        FileManager.default.currentDirectoryPath
    }

    /// `path`, seen from the folder `base`.
    static func join(_ base: String, _ path: String) -> String {
        if path.hasPrefix("/") || base.isEmpty || base == "." { return path }
        if path.hasPrefix("./") { return join(base, String(path.dropFirst(2))) }
        return base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    }

    /// The folder that the file at `path` lies in; `.` when it has none.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
