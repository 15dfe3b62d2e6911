import Glibc

/// What keeps an archive from being unpacked; a ``CodePackageError`` that doesn't know its archive yet.
struct PackageProblem: Error {
    /// The name of the entry that is at fault, if it is one.
    let entry: String?
    /// What is wrong and what to do about it.
    let text: String

    init(_ text: String, entry: String? = nil) {
        self.entry = entry
        self.text = text
    }

    /// A problem that the system has told of; called straight after the call that failed.
    static func system(_ text: String, entry: String? = nil) -> PackageProblem {
        PackageProblem("\(text): \(String(cString: strerror(errno)))", entry: entry)
    }
}
