/// Why no interpreter was found for a runtime.
package enum PythonInterpreterError: Error, Hashable, CustomStringConvertible {
    /// A runtime that Lambda has and this core does not run yet, such as `nodejs18.x`.
    case notServed(runtime: String)
    /// Nothing that Lambda calls a runtime.
    case unknown(runtime: String)
    /// Neither this version nor a newer one lies on the search path.
    case notInstalled(runtime: String, searchPath: String)

    /// What is wrong and what to do about it.
    package var description: String {
        switch self {
        case .notServed(let runtime):
            "the runtime \(runtime) is not served yet: only Python functions can run, python3.8 and newer"
        case .unknown(let runtime):
            "'\(runtime)' is not a known runtime: expected one of Lambda's, such as python3.11"
        case .notInstalled(let runtime, let searchPath):
            "no Python for \(runtime) is installed, which takes that version or a newer one, 3.8 at least: "
                + "install one, for example with 'apt-get install python3'; PATH is \(searchPath)"
        }
    }
}
