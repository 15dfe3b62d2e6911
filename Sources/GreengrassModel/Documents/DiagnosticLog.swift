/// Gathers what there is to say about one file while it is read.
///
/// A class, because every node of the document writes to the same log; one thread reads one file.
final class DiagnosticLog {
    /// How many diagnostics of a file are kept; nobody reads more, and a hostile file could cause millions.
    static let countMax = 100

    /// The file, as it was named.
    let file: String
    private var gathered: [Diagnostic] = []
    private var leftOut = 0
    /// Whether the file can't be used.
    private(set) var hasErrors = false

    init(file: String) {
        self.file = file
    }

    /// Adds to what there is to say; `message` is made only when it is kept, since making it may cost.
    func add(
        _ severity: Diagnostic.Severity,
        _ message: @autoclosure () -> String,
        at place: SourcePlace? = nil,
        keyPath: String = ""
    ) {
        hasErrors = hasErrors || severity == .error
        guard gathered.count < Self.countMax else {
            leftOut += 1
            return
        }
        gathered.append(
            Diagnostic(severity: severity, file: file, place: place, keyPath: keyPath, message: message())
        )
    }

    /// What was gathered, in the order of the file.
    var diagnostics: [Diagnostic] {
        let start = SourcePlace(line: 0, column: 0)
        var sorted = gathered.sorted { ($0.place ?? start) < ($1.place ?? start) }
        if leftOut > 0 {
            let severity = hasErrors ? Diagnostic.Severity.error : .warning
            let message = "\(leftOut) more errors and warnings are not shown"
            sorted.append(Diagnostic(severity: severity, file: file, keyPath: "", message: message))
        }
        return sorted
    }
}

extension [DiagnosticLog] {
    /// The warnings of all files.
    ///
    /// - Throws: Everything about all files, when one of them has an error.
    func finish() throws(DocumentError) -> [Diagnostic] {
        let diagnostics = flatMap(\.diagnostics)
        guard !contains(where: \.hasErrors) else { throw DocumentError(diagnostics: diagnostics) }
        return diagnostics
    }
}
