/// What the environments of functions and other components have in common.
extension FunctionEnvironment.Settings {
    static let language = "C.UTF-8"

    /// Where programs are looked for.
    package var searchPath: String { inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin" }

    /// The folder of the Python packages that functions and components share.
    package var packages: String { "\(root)/python" }

    /// Lets Python look for modules in `packages`, too, after the folders of `environment` itself.
    package static func add(packages: String, to environment: inout [String: String]) {
        environment["PYTHONPATH"] = [environment["PYTHONPATH"], packages].compactMap(\.self)
            .filter { !$0.isEmpty }.joined(separator: ":")
    }

    /// What a process in `folder` has unless its definition says something else.
    package func base(folder: String) -> [String: String] {
        var environment = inherited.filter { ["HOME", "TZ", "USER", "LOGNAME", "TMPDIR"].contains($0.key) }
        environment["PATH"] = searchPath
        environment["PWD"] = folder
        environment["LANG"] = Self.language
        return environment
    }

    /// What the core sets, whatever a definition says.
    package func core(token: String, ipcSocket: String) -> [String: String] {
        var environment = [
            "AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT": ipcSocket,
            "AWS_IOT_THING_NAME": thingName,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "GGC_VERSION": version,
            "GG_ROOT_CA_PATH": rootCAPath,
        ]
        for variable in FunctionEnvironment.tokenVariables {
            environment[variable] = token
        }
        return environment
    }
}
