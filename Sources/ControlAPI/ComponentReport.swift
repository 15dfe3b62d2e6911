internal import Components
internal import GreengrassModel
package import LambdaManager

/// One component in detail.
package struct ComponentReport: Codable, Sendable {
    /// Its name.
    package var name: String
    /// Its version.
    package var version: String
    /// Its state, as the originals spell it.
    package var state: String
    /// The ARN of its function.
    package var arn: String
    /// The folder of its code.
    package var codePath: String
    /// Its log file.
    package var log: String
    /// Its instances.
    package var instances: [InstanceReport]
    /// How many invocations wait.
    package var queue: Int
    /// How its last instance ended, with the time; `nil` as long as none has.
    package var lastEnd: String?
    /// Its effective configuration, with the names that it has on a core device.
    package var configuration: EffectiveConfiguration

    init(_ function: LambdaFunction) {
        name = function.component.name
        version = function.component.version
        state = function.component.state.rawValue
        arn = function.name
        codePath = function.definition.code.path
        log = function.component.log.path
        instances = function.instances
        queue = function.queueCount
        lastEnd = function.lastEnd
        configuration = EffectiveConfiguration(function.definition.parameters)
    }
}
