import FoundationEssentials
import Glibc

/// Why the files of the runtimes could not be installed.
package struct RuntimeFilesError: Error, CustomStringConvertible {
    /// The file that could not be written.
    package let path: String
    /// What the file system said.
    package let cause: any Error

    /// What failed, why, and what to do about it.
    package var description: String {
        let posix = (cause as? CocoaError)?.underlying as? POSIXError
        let why = posix.map { String(cString: strerror($0.code.rawValue)) } ?? "\(cause)"
        return "cannot write \(path): \(why); the daemon's root folder must be writable and have room"
    }
}
