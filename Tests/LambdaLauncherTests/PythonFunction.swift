import Foundation
import Glibc
import LambdaRuntimes
import TestSupport

@testable import LambdaLauncher

/// A folder with a function in Python, which is started by a fork or anew.
///
/// Everybody may enter it: functions run as other users, too.
struct PythonFunction {
    /// A user who owns nothing.
    static let somebody = UserIdentity(uid: 12_345, gid: 54_321)

    /// One of each version that is installed.
    static let interpreters: [String] = {
        let found = (8...13).compactMap { minor in
            try? PythonInterpreter.find(
                runtime: "python3.\(minor)",
                searchPath: "/usr/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
            ).path
        }
        return Set(found).sorted()
    }()

    /// One that every user may execute, if there is one.
    static let interpreter = interpreters.first { $0.hasPrefix("/usr/") } ?? interpreters.first

    let folder: TemporaryFolder
    private let files: RuntimeFiles
    private let interpreter: String

    /// Makes the folder; the code runs as the module `function`, and other files may lie beside it.
    init(_ code: String, _ others: [String: String] = [:], interpreter: String? = interpreter) throws {
        folder = try TemporaryFolder(others.merging(["function.py": code]) { $1 })
        chmod(folder.path, 0o755)
        files = try RuntimeFiles.install(in: folder.path + "/root")
        self.interpreter = interpreter ?? "/usr/bin/python3"
    }

    /// Whether every user may execute its interpreter.
    var isForEverybody: Bool { interpreter.hasPrefix("/usr/") }

    /// How to start it.
    func plan(
        isFast: Bool = true,
        arguments: [String] = [],
        environment: [String: String] = [:],
        user: UserIdentity? = nil
    ) -> LaunchPlan {
        var variables = [
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/root",
            "MY_FUNCTION_ARN": "arn:aws:lambda:eu-central-1:123456789012:function:function:1",
        ]
        let levels = ["INFO", "ERROR", "DEBUG", "WARN", "FATAL", "TRACE"]
        for (number, level) in levels.enumerated() {
            variables["_GG_LOG_FD_\(level)"] = "\(number + 1)"
        }
        return LaunchPlan(
            name: "function",
            executable: interpreter,
            arguments: [files.pythonRuntime, "--handler=function.handler"] + arguments,
            environment: variables.merging(environment) { $1 },
            workingDirectory: folder.path,
            user: user,
            forkServer: isFast
                ? ForkServerPlan(
                    arguments: [files.pythonRuntime, "--fork-server="],
                    environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"]
                ) : nil
        )
    }
}
