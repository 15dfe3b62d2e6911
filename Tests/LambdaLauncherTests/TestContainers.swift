import Foundation
import NIOCore

@testable import LambdaLauncher

/// Which runtimes make containers on this machine; those that do not are told of once, in a line that begins
/// with SKIPPED.
enum TestContainers {
    private static let trial = Task {
        var working: Set<OCIRuntime.Kind> = []
        for kind in OCIRuntime.Kind.allCases {
            do {
                try await with(kind) { _, _, _ in }
                working.insert(kind)
            } catch {
                print("SKIPPED: the tests of containers by \(kind.rawValue): \(error)")
            }
        }
        return working
    }

    /// Whether this runtime works here.
    static func work(by kind: OCIRuntime.Kind) async -> Bool {
        await trial.value.contains(kind)
    }

    /// Starts a launcher that makes containers for the length of `body`, which gets a folder of its own too.
    ///
    /// - Parameter hasControlGroups: False is the way of machines without.
    static func with(
        _ kind: OCIRuntime.Kind = .crun,
        hasControlGroups: Bool = true,
        _ body: (ProcessLauncher, ContainerSupport, _ folder: String) async throws -> Void
    ) async throws {
        let root = "/tmp/trellis-containers-\(UInt64.random(in: 0 ... .max))"
        let folder = "\(root)/folder"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let candidates = ContainerSupport.candidates(root: root, searchPath: "/usr/bin").filter {
            $0.runtime.kind == kind && ($0.controlGroups != nil || !hasControlGroups)
        }
        let chosen = hasControlGroups ? candidates : Array(candidates.suffix(1))
        try await withLauncher { launcher async throws in
            let support = try await launcher.useContainers(chosen, in: "\(root)/containers")
            try await body(launcher, support, folder)
        }
    }
}

/// A plan for a shell script in a container.
func contained(_ text: String, _ container: ContainerPlan = ContainerPlan()) -> LaunchPlan {
    var plan = script(text)
    plan.container = container
    return plan
}
