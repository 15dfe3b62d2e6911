internal import CodePackages
internal import GreengrassModel
internal import LambdaLauncher
internal import LambdaManager
internal import Logging
internal import NIOCore

/// Puts the code of functions that come as archives in its place: unpacked below the root, by name and
/// version, and compiled.
package struct PackageDeployer {
    /// Compiling may take so long; what is not compiled then is compiled by each process that imports it.
    private static let compileTimeMax = TimeAmount.seconds(60)

    /// What is wrong with the archive at a path, as far as its directory shows; nothing is unpacked.
    package static func problem(of archive: String) -> String? {
        do {
            try CodePackage.check(archive)
            return nil
        } catch {
            return error.reason
        }
    }

    let root: String
    let launcher: ProcessLauncher
    let eventLoop: any EventLoop
    let logger: Logger

    /// Deploys what comes as an archive; `interpreters` compile it.
    ///
    /// - Returns: The components, each with the folder that its code is in.
    /// - Throws: `DaemonError` when an archive can't be unpacked.
    func deploy(
        _ components: [LambdaComponent],
        interpreters: [String: FunctionEnvironment.Interpreter]
    ) async throws -> [LambdaComponent] {
        var deployed: [LambdaComponent] = []
        for component in components {
            deployed.append(try await deploy(component, interpreters[component.runtime]))
        }
        return deployed
    }

    /// Compiles the runtimes' files, for processes that can't write what they compile of them.
    func compileRuntimes(in folder: String, with interpreters: [FunctionEnvironment.Interpreter]) async {
        for executable in Set(interpreters.map(\.executable)) {
            await compile(folder, for: "runtimes", with: executable)
        }
    }

    private func deploy(
        _ component: LambdaComponent,
        _ interpreter: FunctionEnvironment.Interpreter?
    ) async throws -> LambdaComponent {
        guard case .archive(let archive) = component.code else { return component }
        let folder =
            "\(root)/packages/artifacts-unarchived/\(component.name)/\(component.version)/lambda-artifact"
        let isNew: Bool
        do {
            isNew = try CodePackage.unpack(archive, into: folder)
        } catch {
            throw DaemonError("can't deploy \(component.name): \(error)")
        }
        if isNew {
            logger.info("\(component.name): \(archive) was unpacked into \(folder)")
            if let interpreter {
                await compile(folder, for: "\(component.name)", with: interpreter.executable)
            }
        }
        var deployed = component
        deployed.code = .folder(folder)
        return deployed
    }

    /// Compiles the Python modules in a folder, so that the first instances need not.
    ///
    /// What can't be compiled is no error here: packages carry files for other versions too, and a module of
    /// the function's own shows its error when it is imported.
    private func compile(_ folder: String, for name: String, with interpreter: String) async {
        let ended = eventLoop.makePromise(of: ProcessEnd.self)
        let process = launcher.launch(
            LaunchPlan(
                name: "\(name) (compiling)",
                executable: interpreter,
                arguments: ["-m", "compileall", "-q", "."],
                environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"],
                workingDirectory: folder
            ),
            onOutput: { [logger] _, line in
                logger.debug("\(name): compileall: \(String(buffer: line))")
            },
            onEnd: { ended.succeed($0) }
        )
        let limit = eventLoop.scheduleTask(in: Self.compileTimeMax) { process.kill() }
        let end = try? await ended.futureResult.get()
        limit.cancel()
        if let end, end != .exited(code: 0) {
            logger.info("\(name): not all modules could be compiled: \(end)")
        }
    }
}
