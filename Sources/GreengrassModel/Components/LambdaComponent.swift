/// A Lambda function as a component.
package struct LambdaComponent: Hashable, Sendable {
    /// The component's name; the function's when the file has none.
    package var name: ComponentName
    /// The component's semantic version, for example `3.0.0`.
    package var version: String
    /// The function's ARN, always with a version.
    package var arn: FunctionARN
    /// The components it needs.
    package var dependencies: [ComponentDependency]
    /// How it is run and what invokes it.
    package var parameters: LambdaParameters
    /// Lambda's word for its language and version, for example `python3.11`.
    package var runtime: String
    /// What is called.
    package var handler: FunctionHandler
    /// Where its code is.
    package var code: FunctionCode
    /// The version that each alias of the function stands for.
    package var aliases: [String: String]
    /// Who its processes run as; `nil`: whoever functions run as by default.
    package var posixUser: PosixUser?
    /// Whether its processes may be forked from one that is there already.
    package var isStartedFast: Bool
    /// The absolute path of its file; `nil` for one that was never in a file.
    package var file: String?

    /// Makes a component that was checked, or one for a test.
    package init(
        name: ComponentName,
        version: String,
        arn: FunctionARN,
        dependencies: [ComponentDependency] = [],
        parameters: LambdaParameters = LambdaParameters(),
        runtime: String,
        handler: FunctionHandler,
        code: FunctionCode,
        aliases: [String: String] = [:],
        posixUser: PosixUser? = nil,
        isStartedFast: Bool = true,
        file: String? = nil
    ) {
        self.name = name
        self.version = version
        self.arn = arn
        self.dependencies = dependencies
        self.parameters = parameters
        self.runtime = runtime
        self.handler = handler
        self.code = code
        self.aliases = aliases
        self.posixUser = posixUser
        self.isStartedFast = isStartedFast
        self.file = file
    }

    /// Reads and checks the file at `path`.
    ///
    /// - Throws: Everything there is to say about the file, when it can't be used.
    package static func load(
        _ path: String
    ) throws(DocumentError) -> (component: LambdaComponent, warnings: [Diagnostic]) {
        let log = DiagnosticLog(file: path)
        let file = ComponentFile.read(path, log: log)
        let warnings = try [log].finish()
        guard let component = file?.component else { throw DocumentError(diagnostics: warnings) }
        return (component, warnings)
    }
}
