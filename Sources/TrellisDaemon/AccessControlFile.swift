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
    private let current: NIOLockedValueBox<Set<String>>
    private let logger: Logger

    /// Knows a file that was read already, and puts what it said into force.
    init(path: String, initial: ComponentSettings, policies: AccessPolicies, logger: Logger) {
        self.path = path
        self.policies = policies
        self.current = NIOLockedValueBox(Set(initial.policies.map(Self.text(of:))))
        self.logger = logger
        policies.replace(with: initial.policies)
    }

    /// Reads the file, and puts its policies into force if they differ from those before; what goes wrong is
    /// logged.
    func reload() {
        current.withLockedValue { current in
            do {
                let (settings, warnings) = try ComponentSettings.load(path)
                let texts = Set(settings.policies.map(Self.text(of:)))
                guard texts != current else { return }
                for problem in policies.replace(with: settings.policies) {
                    logger.warning("\(problem)")
                }
                logger.notice("\(path) was read again: \(texts.count) policies")
                for text in current.subtracting(texts).sorted() {
                    logger.notice("- \(text)")
                }
                for text in texts.subtracting(current).sorted() {
                    logger.notice("+ \(text)")
                }
                for warning in warnings {
                    logger.warning("\(warning)")
                }
                current = texts
            } catch {
                logger.error("\(path) has errors, and the policies before stay in force:\n\(error)")
            }
        }
    }

    private static func text(of policy: AccessPolicy) -> String {
        let operations = policy.operations.joined(separator: ", ")
        let resources = policy.resources.map(\.quoted).joined(separator: ", ")
        return "\(policy.component): \(policy.id.quoted) of \(policy.service): \(operations) on \(resources)"
    }
}
