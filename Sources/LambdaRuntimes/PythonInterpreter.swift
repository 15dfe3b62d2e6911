import FoundationEssentials
import Glibc

/// A Python program that can run a function.
package struct PythonInterpreter: Hashable, Sendable {
    /// The oldest Python 3 that the runtime's files are written for.
    private static let oldestMinor = 8
    /// How far ahead a newer Python is looked for; each costs one look into each folder of the search path.
    private static let newestMinor = 20

    /// The program itself, free of symbolic links and of version managers' scripts.
    package let path: String
    /// What to tell the user when it is not the version that the function asks for.
    package let warning: String?

    /// Finds the interpreter of a runtime such as `python3.9`: that version, else the nearest newer one.
    ///
    /// - Parameters:
    ///   - runtime: Lambda's name of the runtime.
    ///   - searchPath: folders separated by colons, as in `PATH`; relative ones are ignored.
    /// - Returns: the interpreter; it has a warning when it is not the version that was asked for.
    /// - Throws: ``PythonInterpreterError`` when the runtime is none that is served, or nothing is installed.
    package static func find(
        runtime: String,
        searchPath: String
    ) throws(PythonInterpreterError) -> PythonInterpreter {
        let requested = try minor(of: runtime)
        let folders = searchPath.split(separator: ":").filter { $0.hasPrefix("/") }.map(String.init)
        for minor in max(requested, oldestMinor)...newestMinor {
            let name = "python3.\(minor)"
            guard let path = folders.lazy.compactMap({ program(name, in: $0) }).first else { continue }
            let warning =
                name == runtime
                ? nil
                : "\(runtime) is not \(requested < oldestMinor ? "served any more" : "installed"): "
                    + "the function runs on \(name) (\(path))"
            return PythonInterpreter(path: path, warning: warning)
        }
        throw .notInstalled(runtime: runtime, searchPath: searchPath)
    }

    /// Python 2 counts as older than any Python 3.
    private static func minor(of runtime: String) throws(PythonInterpreterError) -> Int {
        if runtime.hasPrefix("nodejs") || runtime.hasPrefix("java") { throw .notServed(runtime: runtime) }
        if runtime == "python2.7" { return 0 }
        let digits = runtime.dropFirst("python3.".count)
        guard runtime.hasPrefix("python3."), digits.allSatisfy({ ("0"..."9").contains($0) }),
            let minor = Int(digits), minor <= newestMinor
        else { throw .unknown(runtime: runtime) }
        return minor
    }

    private static func program(_ name: String, in folder: String) -> String? {
        if let path = resolve(folder + "/" + name) { return path }
        // A version manager's shim is a script that starts the program. pyenv keeps the programs near by.
        guard folder.hasSuffix("/shims"), access(folder + "/" + name, X_OK) == 0 else { return nil }
        let versions = folder.dropLast("shims".count) + "versions"
        let prefix = name.dropFirst("python".count) + "."
        let patches = (try? FileManager.default.contentsOfDirectory(atPath: String(versions))) ?? []
        return patches.compactMap { version in
            version.hasPrefix(prefix) ? Int(version.dropFirst(prefix.count)) : nil
        }
        .sorted(by: >).lazy
        .compactMap { resolve("\(versions)/\(prefix)\($0)/bin/\(name)") }
        .first
    }

    /// The real path of an executable program called `python…`; nil for scripts and what is not there.
    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let real = String(cString: resolved)
        // Some version managers link every name to one program of their own.
        guard let name = real.split(separator: "/").last, name.hasPrefix("python") else { return nil }
        return access(real, X_OK) == 0 && isELF(real) ? real : nil
    }

    private static func isELF(_ path: String) -> Bool {
        // A FIFO of that name must not block the daemon.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic: [UInt8] = [0, 0, 0, 0]
        return read(descriptor, &magic, magic.count) == magic.count && magic == [0x7f, 0x45, 0x4c, 0x46]
    }
}
