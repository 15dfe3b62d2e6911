import Glibc

/// An OCI runtime that is installed: the program that makes containers.
package struct OCIRuntime: Hashable, Sendable {
    /// The runtimes that are used, the preferred one first: crun starts a container in a third of the time.
    package enum Kind: String, CaseIterable, Sendable {
        case crun
        case runc
    }

    /// Which one it is.
    package let kind: Kind
    /// Its program.
    package let path: String

    /// Finds it along `searchPath`, and where Debian puts it, which may not be on a user's `PATH`.
    static func find(_ kind: Kind, searchPath: String) -> OCIRuntime? {
        let folders =
            searchPath.split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
            + ["/usr/bin", "/usr/sbin"]
        let paths: [String] = folders.map { "\($0)/\(kind.rawValue)" }
        return paths.first { access($0, X_OK) == 0 }.map { OCIRuntime(kind: kind, path: $0) }
    }
}
