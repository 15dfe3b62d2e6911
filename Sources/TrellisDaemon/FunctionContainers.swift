internal import FoundationEssentials
internal import GreengrassModel
internal import LambdaLauncher
internal import Logging

/// Finds out whether functions get the containers that they ask for.
struct FunctionContainers {
    private let mode: Isolation
    /// The functions that ask for one.
    private let names: [String]
    private let folder: String
    private let candidates: [ContainerSupport]

    /// To be made before the launcher is started.
    init(_ deployment: Deployment, root: String) {
        mode = deployment.configuration.isolation
        names = deployment.components.filter(\.wantsContainer).map {
            $0.name.description
        }
        folder = "\(root)/containers"
        candidates =
            mode == .off || names.isEmpty
            ? []
            : ContainerSupport.candidates(
                root: root,
                searchPath: ProcessInfo.processInfo.environment["PATH"] ?? ""
            )
    }

    /// Whether a function may ask for a container later: one that can be had, or that was not to be had at
    /// the start.
    ///
    /// When nobody asked for one then, that was not found out.
    static func mayBeAskedForLater(in deployment: Deployment) -> Bool {
        deployment.configuration.isolation == .off || deployment.components.contains(where: \.wantsContainer)
    }

    /// Tries them out; nil when no function asks for one, or none can be had and that is allowed.
    ///
    /// - Throws: `DaemonError` when they are required and can't be had.
    func use(_ launcher: ProcessLauncher, logger: Logger) async throws(DaemonError) -> ContainerSupport? {
        guard !names.isEmpty else { return nil }
        let reason: String
        if mode == .off {
            reason = "\"isolation\" is \"off\" in trellis.json"
        } else {
            do throws(LauncherError) {
                return try await launcher.useContainers(candidates, in: folder)
            } catch {
                reason = "containers can't be had here: \(error)"
            }
        }
        if mode == .required {
            throw DaemonError(
                "\(reason). \(names.joined(separator: ", ")) must run in containers "
                    + "(\"isolation\": \"required\")"
            )
        }
        for name in names {
            logger.warning(
                "\(name): runs without container, memory limit, volumes and devices: \(reason)"
            )
        }
        return nil
    }
}

extension LambdaComponent {
    /// Whether it asks for a container.
    var wantsContainer: Bool { parameters.isolationMode == .greengrassContainer }
}
