internal import Broker
internal import GreengrassModel
package import Logging
internal import NIOConcurrencyHelpers

/// The configuration of every component, as the operations of the Greengrass IPC read and change it.
///
/// What the files say is the default. What a component wrote itself stays over restarts, until the default of
/// that key changes. Any thread may call it; handlers are called on the thread that made the change, after
/// it.
package final class ComponentConfigurations: Sendable {
    /// An update that changes more keys than this is told as one change of what contains them.
    static let changesMax = 100

    private struct Deployed {
        var defaults: ConfigurationNode
        var current: ConfigurationNode
        var handlers: [UInt64: Handler] = [:]
    }

    private struct Handler {
        let keyPath: [String]
        let call: @Sendable ([String]) -> Void
    }

    private struct State {
        var deployed: [String: Deployed] = [:]
        /// What was kept of components that are not deployed yet.
        var kept: [String: String]
        var lastNumber: UInt64 = 0
    }

    private let store: (any ConfigurationStore)?
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// Makes the configurations of no components.
    ///
    /// - Parameters:
    ///   - store: Keeps what components write; without one it ends with the process.
    ///   - logger: Gets what was kept and can't be used.
    package init(store: (any ConfigurationStore)?, logger: Logger) {
        self.store = store
        self.logger = logger
        self.state = NIOLockedValueBox(State(kept: store?.restoreConfigurations() ?? [:]))
    }

    /// Makes a component known, or gives it other defaults.
    ///
    /// Where they differ from those of before, also over a restart of the daemon, they win over what the
    /// component wrote; the rest stays.
    ///
    /// - Parameters:
    ///   - component: The component's name.
    ///   - defaults: A JSON object.
    ///   - now: The time of the new defaults, in milliseconds since 1970.
    /// - Throws: `ConfigurationError.invalid` when `defaults` can't be used.
    package func deploy(
        _ component: String,
        defaults: String = "{}",
        now: Int64 = WallClock.millisecondsSinceEpoch()
    ) throws(ConfigurationError) {
        let new = ConfigurationNode(try Self.object(defaults), modified: now)
        let calls = state.withLockedValue { state in
            var deployed =
                state.deployed[component] ?? restored(component, &state)
                ?? Deployed(defaults: .empty, current: .empty)
            var changes: [[String]] = []
            deployed.current.adopt(new, insteadOf: deployed.defaults, changes: &changes)
            deployed.defaults = new
            state.deployed[component] = deployed
            keep(deployed, of: component)
            return Self.calls(deployed.handlers.values, changes, within: [])
        }
        for call in calls { call() }
    }

    /// Forgets what was kept of components that are not deployed.
    package func forgetUndeployed() {
        state.withLockedValue { state in
            for component in state.kept.keys { store?.keepConfiguration(of: component) { nil } }
            state.kept = [:]
        }
    }

    /// Every value of a component, as a JSON object; `nil` when there is no such component.
    package func configurationText(of component: String) -> String? {
        state.withLockedValue { $0.deployed[component]?.current }?.text
    }

    /// Every value of a component as it would be with other defaults, as a JSON object; `nil` when nothing
    /// would change.
    ///
    /// - Throws: `ConfigurationError` when there is no such component, or `defaults` can't be used.
    package func proposal(
        of component: String,
        withDefaults defaults: String
    ) throws(ConfigurationError) -> String? {
        guard let deployed = state.withLockedValue({ $0.deployed[component] }) else {
            throw Self.notFound(component, [])
        }
        let new = ConfigurationNode(try Self.object(defaults), modified: 0)
        var proposal = deployed.current
        var changes: [[String]] = []
        proposal.adopt(new, insteadOf: deployed.defaults, changes: &changes)
        return changes.isEmpty ? nil : proposal.text
    }

    /// What stands at a key path, as a JSON object.
    ///
    /// - Returns: The object there; anything else as the one member of an object, with the last key.
    /// - Throws: `ConfigurationError.notFound`.
    package func value(
        of component: String,
        at keyPath: [String]
    ) throws(ConfigurationError) -> String {
        let node = state.withLockedValue { $0.deployed[component]?.current }
        guard let entry = node?.entry(at: keyPath) else { throw Self.notFound(component, keyPath) }
        guard case .leaf(let value, _) = entry.node else { return entry.node.text }
        var text = "{"
        JSONValue.append(entry.key, to: &text)
        return "\(text):\(value)}"
    }

    /// Merges a JSON object into what stands at a key path; all of it or nothing.
    ///
    /// - Parameters:
    ///   - component: The component, which writes to its own configuration.
    ///   - keyPath: The container's; what is missing is made.
    ///   - value: A JSON object.
    ///   - timestamp: When it was changed, in seconds since 1970.
    /// - Throws: `ConfigurationError`: *outdated* when a key of `value` was written later, *invalid* when
    ///   the component may not write this.
    package func update(
        _ component: String,
        at keyPath: [String],
        merging value: String,
        timestamp: Double
    ) throws(ConfigurationError) {
        let change = try Self.change(value, at: keyPath)
        guard timestamp >= 0, timestamp < 1e12 else {
            throw .invalid("timestamp is a number of seconds since 1970; found \(timestamp)")
        }
        let outcome = state.withLockedValue { state -> Result<[() -> Void], ConfigurationError> in
            Result { () throws(ConfigurationError) in
                guard var deployed = state.deployed[component] else {
                    throw .invalid("Component config not found for component \(component)")
                }
                var changes: [[String]] = []
                let milliseconds = Int64((timestamp * 1_000).rounded(.down))
                try deployed.current.merge(change, timestamp: milliseconds, changes: &changes)
                let byteCount = deployed.current.byteCount
                guard byteCount <= ComponentConfiguration.bytesMax else {
                    throw .invalid(
                        "the configuration would have \(byteCount) bytes; "
                            + "\(ComponentConfiguration.bytesMax) are the most"
                    )
                }
                state.deployed[component] = deployed
                keep(deployed, of: component)
                return Self.calls(deployed.handlers.values, changes, within: keyPath)
            }
        }
        for call in try outcome.get() { call() }
    }

    /// Calls `handler` with the path of every key at, below or above `keyPath` that gets another value.
    ///
    /// - Returns: What `cancel` wants.
    /// - Throws: `ConfigurationError.notFound`.
    package func subscribe(
        to component: String,
        at keyPath: [String],
        handler: @escaping @Sendable ([String]) -> Void
    ) throws(ConfigurationError) -> ConfigurationSubscription {
        let number = state.withLockedValue { state -> UInt64? in
            guard state.deployed[component]?.current.entry(at: keyPath) != nil else { return nil }
            state.lastNumber += 1
            let folded = keyPath.map { $0.lowercased() }
            state.deployed[component]?.handlers[state.lastNumber] = Handler(keyPath: folded, call: handler)
            return state.lastNumber
        }
        guard let number else { throw Self.notFound(component, keyPath) }
        return ConfigurationSubscription(component: component, number: number)
    }

    /// Ends a subscription; a change that is being made may still be told.
    package func cancel(_ subscription: ConfigurationSubscription) {
        state.withLockedValue {
            _ = $0.deployed[subscription.component]?.handlers.removeValue(forKey: subscription.number)
        }
    }
}

extension ComponentConfigurations {
    private static func notFound(_ component: String, _ keyPath: [String]) -> ConfigurationError {
        let path = keyPath.isEmpty ? "a component" : keyPath.joined(separator: ".").quoted + " of component"
        return .notFound("Key not found: \(path) \(component.shown)")
    }

    private static func object(_ text: String) throws(ConfigurationError) -> JSONValue {
        let document: JSONDocument
        do throws(JSONProblem) {
            document = try JSONDocument(Array(text.utf8))
        } catch {
            throw .invalid("the configuration is no JSON: \(error.message)")
        }
        if let duplicate = document.duplicateKeys.first { throw .invalid(duplicate.message) }
        guard case .object = document.root.content else {
            throw .invalid("found \(document.root.summary); a configuration is an object")
        }
        return document.root
    }

    /// What is to be merged at the root.
    private static func change(
        _ text: String,
        at keyPath: [String]
    ) throws(ConfigurationError) -> JSONValue {
        var value = try object(text)
        let depthMax = ComponentConfiguration.depthMax
        guard keyPath.count <= depthMax, keyPath.count + value.depth <= depthMax else {
            throw .invalid("a configuration has at most \(depthMax) levels")
        }
        for key in keyPath.reversed() {
            let member = JSONMember(key: key, place: value.place, value: value)
            value = JSONValue(content: .object([member]), place: value.place)
        }
        let reserved = ComponentConfiguration.accessControl
        guard case .object(let members) = value.content,
            !members.contains(where: { $0.key.lowercased() == reserved.lowercased() })
        else {
            throw .invalid("Config update is not allowed for following fields [\(reserved)]")
        }
        return value
    }

    /// What tells the handlers.
    private static func calls(
        _ handlers: some Collection<Handler>,
        _ changes: [[String]],
        within container: [String]
    ) -> [() -> Void] {
        guard !handlers.isEmpty else { return [] }
        let told = changes.count > changesMax ? [container] : changes
        return told.flatMap { path in
            let folded = path.map { $0.lowercased() }
            return handlers.filter { folded.starts(with: $0.keyPath) || $0.keyPath.starts(with: folded) }
                .map { handler in { handler.call(path) } }
        }
    }
}

/// Keeping.
extension ComponentConfigurations {
    private static let defaultsKey = "defaults"
    private static let currentKey = "current"

    /// Called with the lock held, so that the store hears of changes in their order.
    private func keep(_ deployed: Deployed, of component: String) {
        let (defaults, current) = (deployed.defaults, deployed.current)
        store?.keepConfiguration(of: component) {
            // What nobody wrote needs no keeping.
            if current.hasSameValues(as: defaults) { return nil }
            let members = [Self.defaultsKey: defaults.keptText, Self.currentKey: current.keptText]
            return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        }
    }

    private func restored(_ component: String, _ state: inout State) -> Deployed? {
        guard let text = state.kept.removeValue(forKey: component) else { return nil }
        guard let document = try? JSONDocument(Array(text.utf8)),
            case .object(let members) = document.root.content,
            let defaults = members.first(where: { $0.key == Self.defaultsKey }),
            let current = members.first(where: { $0.key == Self.currentKey }),
            let defaultsNode = ConfigurationNode(kept: defaults.value),
            let currentNode = ConfigurationNode(kept: current.value)
        else {
            logger.warning(
                "what \(component) wrote to its configuration before can't be read and is left out"
            )
            return nil
        }
        return Deployed(defaults: defaultsNode, current: currentNode)
    }
}
