import ArgumentParser
import GreengrassModel
import TrellisDaemon

/// `trellis check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks configuration, component and subscription files without starting anything.",
        discussion: """
            Example: trellis check trellis.json

            A trellis.json is checked with every file that it names. A table is checked against the \
            component files named with it; of a code archive the directory is looked at. Exits 1 when there \
            is an error.
            """
    )

    @Argument(help: "The files; by default ./trellis.json.")
    var files: [String] = ["trellis.json"]

    func run() async throws {
        let diagnostics = Deployment.check(files, archiveProblem: PackageDeployer.problem(of:))
        for diagnostic in diagnostics {
            Output.error(diagnostic.description)
        }
        let errorCount = diagnostics.count { $0.severity == .error }
        guard errorCount == 0 else { throw ExitCode.failure }
        let warnings = diagnostics.isEmpty ? "" : "; warnings: \(diagnostics.count)"
        Output.line("good: \(files.joined(separator: ", "))\(warnings)")
    }
}
