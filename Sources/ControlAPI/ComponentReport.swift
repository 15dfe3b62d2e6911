internal import ComponentRunner
internal import Components
internal import GreengrassModel
package import LambdaManager

/// One component in detail.
package struct ComponentReport: Codable, Sendable {
    /// What it measured last.
    package struct Metric: Codable, Sendable {
        /// What is measured.
        package var name: String
        /// What its value counts, for example `SECONDS`.
        package var unit: String
        /// The value.
        package var value: Double
    }

    /// Another component that it depends on.
    package struct Dependency: Codable, Sendable {
        /// Its name.
        package var name: String
        /// `HARD` or `SOFT`.
        package var type: String
        /// Which of its versions do; `nil`: any.
        package var versionRequirement: String?
        /// Its state; `nil` when it is not deployed here.
        package var state: String?
    }

    /// Its name.
    package var name: String
    /// Its version.
    package var version: String
    /// Its state, as the originals spell it.
    package var state: String
    /// The ARN of its function; `nil` when it is none.
    package var arn: String?
    /// The folder of its function's code.
    package var codePath: String?
    /// The program and the arguments of a component that is no function.
    package var command: [String]?
    /// The folder that this starts in.
    package var workingDirectory: String?
    /// Its log file.
    package var log: String
    /// Its instances.
    package var instances: [InstanceReport]
    /// How many invocations wait.
    package var queue = 0
    /// How its last instance ended, with its last words; `nil` as long as none has.
    package var lastEnd: InstanceEnd?
    /// What went wrong with a function.
    package var counters: FunctionCounters?
    /// What keeps its instances apart from the rest of the machine, and what holds them to their memory.
    package var isolation: String
    /// Who its instances run as.
    package var user: String
    /// Whether its processes may be forked from one that is there already.
    package var fastStart = false
    /// What it depends on.
    package var dependencies: [Dependency] = []
    /// A function's effective configuration, with the names that it has on a core device.
    package var configuration: EffectiveConfiguration?
    /// The JSON text of another component's configuration, as it reads it through the Greengrass IPC.
    package var configurationText: String?
    /// What it reported of itself through the Greengrass IPC.
    package var metrics: [Metric] = []

    init(_ function: LambdaFunction, stateOf: (String) -> String?) {
        let definition = function.definition
        name = function.component.name
        version = function.component.version
        state = function.component.state.rawValue
        arn = function.name
        codePath = definition.code.path
        log = function.component.log.path
        instances = function.instances
        queue = function.queueCount
        lastEnd = function.lastEnd
        counters = function.counters
        isolation = function.isolation
        user = function.user
        fastStart = definition.isStartedFast
        dependencies = definition.dependencies.map { dependency in
            Dependency(
                name: dependency.name.description,
                type: dependency.kind == .hard ? "HARD" : "SOFT",
                versionRequirement: dependency.versionRequirement?.description,
                state: stateOf(dependency.name.description)
            )
        }
        configuration = EffectiveConfiguration(definition.parameters, isContained: function.isContained)
    }
    init(_ running: RunningComponent, configurationText: String?) {
        name = running.component.name
        version = running.component.version
        state = running.component.state.rawValue
        command = running.definition.command
        workingDirectory = running.definition.workingDirectory
        log = running.component.log.path
        instances = running.instances
        lastEnd = running.lastEnd
        isolation = "none (a generic component)"
        user = running.user
        self.configurationText = configurationText
    }
}
