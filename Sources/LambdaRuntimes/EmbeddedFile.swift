/// One file of a runtime, as it is built into this program.
struct EmbeddedFile {
    /// Where it belongs, below the folder of all runtimes' files.
    let path: String
    let contents: [UInt8]

    static let pythonRuntimePath = "python/lambda_runtime.py"

    // Resources are named by their last component alone, so that two `__init__.py` would be one name.
    static let all: [EmbeddedFile] = [
        EmbeddedFile(path: pythonRuntimePath, contents: PackageResources.lambda_runtime_py),
        EmbeddedFile(
            path: "python/lambda_fork_server.py",
            contents: PackageResources.lambda_fork_server_py
        ),
        EmbeddedFile(path: "python/lambda_rehearsal.py", contents: PackageResources.lambda_rehearsal_py),
        EmbeddedFile(path: "python/lambda_rehearsed.py", contents: PackageResources.lambda_rehearsed_py),
        EmbeddedFile(
            path: "python/lambda_shared_code.py",
            contents: PackageResources.lambda_shared_code_py
        ),
        EmbeddedFile(path: "python/lambda_spare.py", contents: PackageResources.lambda_spare_py),
        common("__init__.py", []),
        common("common_log_appender.py", PackageResources.common_log_appender_py),
        common("env_vars.py", PackageResources.env_vars_py),
        common("function_arn_fields.py", PackageResources.function_arn_fields_py),
        common("lambda_context.py", PackageResources.lambda_context_py),
        ipc("__init__.py", []),
        ipc("http_connection.py", PackageResources.http_connection_py),
        ipc("ipc_client.py", PackageResources.ipc_client_py),
    ]

    private static func common(_ name: String, _ contents: [UInt8]) -> EmbeddedFile {
        EmbeddedFile(path: "python/packages/greengrass_common/" + name, contents: contents)
    }

    private static func ipc(_ name: String, _ contents: [UInt8]) -> EmbeddedFile {
        EmbeddedFile(path: "python/packages/greengrass_ipc_python_sdk/" + name, contents: contents)
    }

    /// A name for these files: the 64-bit FNV-1a hash of their paths and contents.
    ///
    /// It keeps versions apart and protects from nothing: whoever can write there needs no collision.
    static func version(of files: [EmbeddedFile]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for file in files {
            // A zero byte ends the path, and no Python file holds one, so no two lists read the same.
            for byte in Array(file.path.utf8) + [0] + file.contents + [0] {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
