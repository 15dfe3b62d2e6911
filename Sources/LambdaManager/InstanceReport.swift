/// One instance of a function, for people.
package struct InstanceReport: Sendable, Codable {
    /// Its number, which stands in the function's log too.
    package var number: UInt64
    /// Its process; `nil` while it starts and for one of the user's own.
    package var pid: Int32?
    /// `starting`, `idle`, `serving`, `draining` (it serves, and ends then) or `ending`.
    ///
    /// Of a component that is no function `starting`, `running`, `paused` or `ending`.
    package var phase: String
    /// Whether it is a process of the user's own, with what `lambda env` gave.
    package var isExternal: Bool

    /// Describes the process of a component that is no function.
    package init(number: UInt64, pid: Int32?, phase: String) {
        self.number = number
        self.pid = pid
        self.phase = phase
        isExternal = false
    }

    init(number: UInt64, pid: Int32?, _ instance: Instance) {
        self.number = number
        self.pid = pid
        self.isExternal = instance.isExternal
        phase =
            switch instance.phase {
            case .starting: "starting"
            case .idle: "idle"
            case .serving: instance.isDraining ? "draining" : "serving"
            case .ending: "ending"
            }
    }
}
