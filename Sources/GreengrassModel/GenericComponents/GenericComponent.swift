/// A component that is no Lambda function: a program that runs all the time, or to its end.
package struct GenericComponent: Hashable, Sendable {
    /// When its program is started again after it has ended by itself.
    package enum RestartRule: Hashable, Sendable {
        /// However it ended.
        case always
        /// Unless it ended with exit status 0.
        case onFailure
        /// Not at all.
        case never

        static let words: KeyValuePairs = [
            "always": RestartRule.always, "on-failure": .onFailure, "never": .never,
        ]
    }

    /// The component's name.
    package var name: ComponentName
    /// Its semantic version.
    package var version = "1.0.0"
    /// The program and its arguments.
    package var command: [String]
    /// What it finds in its environment beside what the core sets.
    package var environment: [String: String] = [:]
    /// The absolute path of the folder that it starts in.
    package var workingDirectory: String
    /// Who it runs as; `nil`: whoever components run as by default.
    package var posixUser: PosixUser?
    /// When it is started again.
    package var restart = RestartRule.onFailure
    /// How long it may take to end when it is asked to: the nucleus' time for the shutdown of a component.
    package var shutdownTimeout = Duration.seconds(15)
    /// The absolute path of the file that describes it.
    package var file: String

    /// Makes a component with the defaults.
    package init(name: ComponentName, command: [String], workingDirectory: String, file: String = "") {
        self.name = name
        self.command = command
        self.workingDirectory = workingDirectory
        self.file = file
    }
}

/// A generic component, and where its name stands.
package struct GenericComponentEntry: Hashable, Sendable {
    /// The component.
    package var component: GenericComponent
    /// Where its name begins.
    package var place: SourcePlace
    /// The key path of its name.
    package var keyPath: String
}
