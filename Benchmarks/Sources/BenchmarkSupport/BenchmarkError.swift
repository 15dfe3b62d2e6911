internal import Glibc

/// Why a benchmark can't run, or what its engine did wrong.
package struct BenchmarkError: Error, CustomStringConvertible {
    /// What went wrong.
    package let description: String

    /// Makes an error.
    package init(_ description: String) {
        self.description = description
    }
}

/// Prints the error to standard error and ends the process.
package func fail(_ error: any Error) -> Never {
    var message = "\(error)\n"
    message.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}
