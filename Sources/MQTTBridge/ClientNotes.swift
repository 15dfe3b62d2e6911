import Glibc

/// What libmosquitto and OpenSSL say of a connection's errors beside the error numbers.
///
/// Confined to the client's thread.
final class ClientNotes {
    /// How many lines are kept: the errors of one failure.
    private static let lineCountMax = 16

    /// The library's lines at level error.
    private(set) var lines: [String] = []
    /// Why OpenSSL did not trust the broker's certificate, as its number and in its words.
    private(set) var verification: (code: Int, text: String)?

    /// Takes a line, and while `session` lives, what became of the broker's certificate in it.
    ///
    /// The library frees the session right after it has written the line.
    func add(_ line: String, session: UnsafeMutableRawPointer?) {
        guard self.lines.count < Self.lineCountMax else { return }
        self.lines.append(line)
        guard let session, let result = OpenSSL.verificationResult, self.verification == nil else { return }
        let code = result(session)
        if code != 0 {
            let text = OpenSSL.verificationText?(code).map { String(cString: $0) }
            self.verification = (code, text ?? "error \(code)")
        }
    }
}
