internal import GreengrassModel
internal import LambdaManager
internal import LambdaRuntimes

/// Finds what runs each function's code.
enum FunctionInterpreters {
    /// The interpreter of each `Runtime` that a function names; one that is not installed is an error.
    ///
    /// `warn` gets a sentence when a newer interpreter than the one asked for is used.
    static func find(
        for components: [LambdaComponent],
        files: RuntimeFiles,
        searchPath: String,
        warn: (String) -> Void
    ) throws(DaemonError) -> [String: FunctionEnvironment.Interpreter] {
        var interpreters: [String: FunctionEnvironment.Interpreter] = [:]
        for component in components {
            let runtime = component.runtime
            guard interpreters[runtime] == nil else { continue }
            let python: PythonInterpreter
            do {
                python = try PythonInterpreter.find(runtime: runtime, searchPath: searchPath)
            } catch {
                throw DaemonError("\(component.name): \(error)")
            }
            if let warning = python.warning {
                warn("\(component.name): \(warning)")
            }
            interpreters[runtime] = FunctionEnvironment.Interpreter(
                executable: python.path,
                runtimeFile: files.pythonRuntime
            )
        }
        return interpreters
    }
}
