import Glibc
import TestSupport
import Testing

@testable import LambdaLauncher

/// Tells what it got when it imported the SDK, and whether that was compiled before.
private let importing = """
    import greengrasssdk, os, sys
    codes = sys.modules['lambda_shared_code']._codes
    kept = codes.get(greengrasssdk.__file__, (None, None))[1]
    print(greengrasssdk.NAME, greengrasssdk.__loader__.get_code('greengrasssdk') is kept)
    sys.stdout.flush()
    os._exit(0)
    """

@Suite("The SDK that functions share (real processes)", .timeLimit(.minutes(1)))
struct SharedCodeTests {
    private let path = "packages/greengrasssdk/__init__.py"

    /// The line that the function prints when it is forked.
    private func run(_ function: PythonFunction, _ launcher: ProcessLauncher) async throws -> String {
        let packages = function.folder.path + "/packages"
        var plan = function.plan(environment: ["PYTHONPATH": packages])
        plan.forkServer?.environment["TRELLIS_PACKAGES"] = packages
        let (lines, end) = try await launcher.run(plan).finish()
        #expect(end == .exited(code: 0), "\(lines.map(\.text))")
        return lines.first?.text ?? ""
    }

    @Test("is compiled once, and again when a file has changed", arguments: PythonFunction.interpreters)
    func change(interpreter: String) async throws {
        let function = try PythonFunction(importing, [path: "NAME = 'one'"], interpreter: interpreter)
        try await withLauncher { launcher async throws in
            for _ in 0..<2 {
                #expect(try await run(function, launcher) == "one True")
            }
            // Of the same length.
            try function.folder.write("NAME = 'two'".utf8, to: path)
            #expect(try await run(function, launcher) == "two False")
        }
    }

    @Test("gives way to a function's own")
    func own() async throws {
        let function = try PythonFunction(
            importing,
            [path: "NAME = 'shared'", "greengrasssdk.py": "NAME = 'own'"]
        )
        try await withLauncher { launcher async throws in
            #expect(try await run(function, launcher) == "own False")
        }
    }

    @Test("is not compiled by the server if somebody else could have written it")
    func writable() async throws {
        let function = try PythonFunction(importing, [path: "NAME = 'anybody'"])
        chmod(function.folder.path + "/" + path, 0o666)
        try await withLauncher { launcher async throws in
            #expect(try await run(function, launcher) == "anybody False")
        }
    }
}
