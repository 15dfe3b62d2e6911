internal import FoundationEssentials
internal import Glibc
package import GreengrassModel
internal import LambdaLauncher

/// Functions in containers.
extension FunctionEnvironment {
    /// What a bare runtime needs, which `memorySizeInKB` is counted on top of: the originals' default of 16
    /// MiB is less than CPython takes for itself.
    package static let runtimeBytes = 32 * 1024 * 1024
    /// A function that has a fresh process for each invocation keeps a spare for this time: as long as others
    /// keep an idle instance by default.
    private static let spareTimeMin = Duration.seconds(60)

    private static let runtimeName = "lambda_runtime.py"
    /// Beside it lies what waits in a spare, and then runs it.
    private static let spareName = "lambda_spare.py"
    private static let codeFolder = "/lambda"
    private static let runtimeFolder = "/trellis/runtime"
    private static let packagesFolder = "/trellis/python"
    /// As in the originals' containers.
    private static let ipcSocket = "/socket/greengrassv2_ipc.sock"
    /// What every container has of the host.
    private static let programFolders = ["/bin/", "/etc/", "/lib", "/sbin/", "/usr/"]

    /// Whether the function runs in a container.
    package func isContained(_ definition: LambdaComponent) -> Bool {
        settings.containers != nil && definition.parameters.isolationMode == .greengrassContainer
    }

    /// What keeps the function apart from the rest of the machine, in words.
    package func isolation(of definition: LambdaComponent) -> String {
        guard definition.parameters.isolationMode == .greengrassContainer else { return "none (NoContainer)" }
        guard let containers = settings.containers else { return "none: no container could be made" }
        let mebibytes = Self.memoryBytesMax(of: definition) / 1_048_576
        return "container by \(containers.description), at most \(mebibytes) MiB"
    }

    /// The words for the user of a container whose function names none, made by a daemon that is root.
    func nobody(insteadOf account: FunctionAccount?) -> String? {
        geteuid() == 0 && account?.identity == nil ? "nobody" : nil
    }

    private static func memoryBytesMax(of definition: LambdaComponent) -> Int {
        runtimeBytes + definition.parameters.container.memorySizeKB * 1024
    }

    func containedPlan(_ definition: LambdaComponent, instance: UInt64, token: String) -> LaunchPlan {
        let runtimeFile = interpreters[definition.runtime]?.runtimeFile ?? ""
        let places = Places(
            code: Self.codeFolder,
            runtimeFolder: Self.runtimeFolder,
            runtimeFile: Self.runtimeFolder + runtimeFile.dropFirst(settings.runtimeFolder.count),
            packages: Self.packagesFolder,
            ipcSocket: Self.ipcSocket,
            isInContainer: true
        )
        var plan = plan(definition, at: places, instance: instance, token: token)
        // Paths of the host that mean nothing there, unless the function itself has set them.
        for name in ["LOG_DIR", "TMPDIR"] {
            plan.environment[name] = definition.parameters.environmentVariables[name]
        }
        plan.environment["HOME"] = definition.parameters.environmentVariables["HOME"] ?? "/tmp"
        var container = ContainerPlan(
            mounts: [
                .init(source: definition.code.path, destination: places.code),
                .init(source: settings.runtimeFolder, destination: places.runtimeFolder),
            ],
            showsSysfs: definition.parameters.container.mountsReadOnlySysfs,
            memoryBytesMax: Self.memoryBytesMax(of: definition)
        )
        for (source, destination) in [
            (settings.packages, places.packages), (settings.ipcSocketPath, places.ipcSocket),
        ] where access(source, R_OK) == 0 {
            container.mounts.append(.init(source: source, destination: destination))
        }
        container.mounts += Self.interpreterFolders(of: plan.executable).map {
            .init(source: $0, destination: $0)
        }
        container.mounts += definition.parameters.container.volumes.map { volume in
            .init(
                source: volume.sourcePath,
                destination: volume.destinationPath,
                isReadOnly: volume.permission == .readOnly,
                addsGroupOwner: volume.addsGroupOwner
            )
        }
        container.devices = definition.parameters.container.devices.map { device in
            .init(
                path: device.path,
                isReadOnly: device.permission == .readOnly,
                addsGroupOwner: device.addsGroupOwner
            )
        }
        if !definition.parameters.isPinned, definition.isStartedFast {
            plan.arguments.insert(places.runtimeFile.replacing(Self.runtimeName, with: Self.spareName), at: 0)
            container.spare = ContainerPlan.Spare(
                variables: Set(Self.tokenVariables + [Self.workerVariable]),
                isKeptFor: definition.parameters.maxIdleTime == .zero ? Self.spareTimeMin : .zero
            )
        }
        plan.container = container
        return plan
    }

    /// Where an interpreter lies that is not among the host's programs: a version manager's, for example.
    private static func interpreterFolders(of executable: String) -> [String] {
        guard !programFolders.contains(where: executable.hasPrefix),
            let slash = executable.lastIndex(of: "/")
        else { return [] }
        let folder = executable[..<slash]
        guard folder.hasSuffix("/bin") else { return [String(folder)] }
        let prefix = folder.dropLast("/bin".count)
        return [String(folder)] + ["lib", "lib64"].map { "\(prefix)/\($0)" }.filter { access($0, R_OK) == 0 }
    }
}
