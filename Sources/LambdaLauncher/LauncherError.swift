import Glibc

/// Why `trellis-launcher` or a process of it could not be started.
package struct LauncherError: Error, Hashable, CustomStringConvertible {
    /// What failed, for the operator.
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ what: String, errno number: Int32) {
        self.init("\(what): \(String(cString: strerror(number)))")
    }
}
