internal import Components
internal import GreengrassModel
internal import Logging
internal import NIOConcurrencyHelpers

/// The configuration file as the source of the policies in force.
///
/// A file with errors in them is refused, and those of before stay.
final class AccessControlFile: Sendable {
    let path: String
    private let policies: AccessPolicies
    private let current: NIOLockedValueBox<Set<Rule>>
    private let logger: Logger

    /// Knows a file that was read already, and puts what it said into force.
    init(path: String, initial: ComponentSettings, policies: AccessPolicies, logger: Logger) {
        self.path = path
        self.policies = policies
        self.current = NIOLockedValueBox(Set(initial.policies.map(Rule.init)))
        self.logger = logger
        policies.replace(with: initial.policies)
    }

    /// Reads the file, and puts its policies into force if they differ from those before; what goes wrong is
    /// logged.
    func reload() {
        current.withLockedValue { current in
            do {
                let (settings, warnings) = try ComponentSettings.load(path)
                let rules = Set(settings.policies.map(Rule.init))
                guard rules != current else { return }
                for problem in policies.replace(with: settings.policies) {
                    logger.warning("\(problem)")
                }
                logger.notice("\(path) was read again: \(rules.count) policies")
                for text in current.subtracting(rules).map(\.text).sorted() {
                    logger.notice("- \(text)")
                }
                for text in rules.subtracting(current).map(\.text).sorted() {
                    logger.notice("+ \(text)")
                }
                for warning in warnings {
                    logger.warning("\(warning)")
                }
                current = rules
            } catch {
                logger.error("\(path) has errors, and the policies before stay in force:\n\(error)")
            }
        }
    }
}

/// What a policy allows; where it stands and what it is for do not matter.
private struct Rule: Hashable {
    /// Every text of it, byte for byte: to a policy, two spellings of a character are not the same.
    private let bytes: [[[UInt8]]]
    /// How it is shown, cut where it is long.
    let text: String

    init(_ policy: AccessPolicy) {
        bytes = [[policy.component, policy.service, policy.id], policy.operations, policy.resources]
            .map { $0.map { Array($0.utf8) } }
        let operations = policy.operations.map(\.quoted).joined(separator: ", ")
        let resources = policy.resources.map(\.quoted).joined(separator: ", ")
        text = "\(policy.component): \(policy.id.quoted) of \(policy.service): \(operations) on \(resources)"
    }
}
