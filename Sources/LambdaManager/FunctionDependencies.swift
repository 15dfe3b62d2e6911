internal import Components
internal import GreengrassModel
internal import NIOConcurrencyHelpers

/// Which deployed functions depend on which, and tells them when that changes.
///
/// Only HARD dependencies on other deployed functions count: the others are not waited for.
final class FunctionDependencies: Sendable {
    /// The manager owns the functions, and they own this.
    private struct Deployed {
        weak var function: LambdaFunction?
        /// The names that it depends on.
        let needs: [String]
    }

    private struct Storage {
        var deployed: [String: Deployed] = [:]
        /// The names that depend on each.
        var dependents: [String: [String]] = [:]
    }

    private let storage = NIOLockedValueBox(Storage())

    /// Knows a function, or knows it anew with other dependencies.
    func deploy(_ function: LambdaFunction, _ definition: LambdaComponent) {
        storage.withLockedValue { storage in
            let name = definition.name.description
            for need in storage.deployed[name]?.needs ?? [] {
                storage.dependents[need]?.removeAll { $0 == name }
            }
            let needs = Self.hard(definition)
            storage.deployed[name] = Deployed(function: function, needs: needs)
            for need in needs {
                storage.dependents[need, default: []].append(name)
            }
        }
    }

    /// Whether something must run before it; those of Greengrass' own components that Trellis stands in for
    /// always do.
    func hasAny(_ definition: LambdaComponent) -> Bool {
        !Self.hard(definition).isEmpty
    }

    /// Whether all that it depends on runs.
    func areRunning(of definition: LambdaComponent) -> Bool {
        let functions = storage.withLockedValue { storage in
            Self.hard(definition).compactMap { storage.deployed[$0]?.function }
        }
        return functions.allSatisfy { $0.component.state == .running }
    }

    /// Tells those that depend on a function that its state changed.
    func tellDependents(of name: String, hasLeft: Bool) {
        let dependents = storage.withLockedValue { storage in
            (storage.dependents[name] ?? []).compactMap { storage.deployed[$0]?.function }
        }
        for function in dependents {
            function.dependenciesChanged(hasLeft: hasLeft)
        }
    }

    private static func hard(_ definition: LambdaComponent) -> [String] {
        definition.dependencies.filter { $0.kind == .hard }.map(\.name.description)
    }
}
