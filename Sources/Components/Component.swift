internal import NIOConcurrencyHelpers

/// One deployed component: its name and version, where it stands, and its log file.
package final class Component: Sendable {
    /// The component's name, unique among the deployed ones.
    package let name: String
    /// Where its output goes.
    package let log: LogFile

    private let storedVersion: NIOLockedValueBox<String>
    private let storedState = NIOLockedValueBox(ComponentState.new)

    /// Makes a component in the state NEW.
    package init(name: String, version: String, log: LogFile) {
        self.name = name
        self.storedVersion = NIOLockedValueBox(version)
        self.log = log
    }

    /// Its semantic version, for example `3.0.0`; another one is deployed in its place.
    package var version: String {
        get { storedVersion.withLockedValue { $0 } }
        set { storedVersion.withLockedValue { $0 = newValue } }
    }

    /// Where it stands now.
    package var state: ComponentState {
        get { storedState.withLockedValue { $0 } }
        set { storedState.withLockedValue { $0 = newValue } }
    }

    /// Writes one line to its log, with the state it is in now.
    ///
    /// - Parameters:
    ///   - level: The word between the brackets, for example `INFO`.
    ///   - source: What stands for the originals' thread, for example `pid-4711`.
    ///   - message: One physical line.
    package func log(_ level: String, source: String, _ message: some StringProtocol) {
        log.write(
            LogLine(
                level: level,
                source: source,
                componentName: name,
                state: state.rawValue,
                message: String(message)
            )
        )
    }
}
