internal import Components

/// One worker in the words of Greengrass V1's local health API.
package struct WorkerHealth: Sendable, Encodable, Equatable {
    /// Where a worker stands.
    package enum State: String, Sendable, Encodable {
        /// It serves an invocation.
        case working = "Working"
        /// It is ready for one.
        case waiting = "Waiting"
        /// Its process was started and has not reported in.
        case starting = "Starting"
        /// It reported in, and has not asked for work yet.
        case initialized = "Initialized"
        /// It could not be initialised.
        case failedInitialization = "FailedInitialization"
        /// It was asked to end.
        case terminated = "Terminated"
        /// There is none, and another attempt to start one follows.
        case notStarted = "NotStarted"

        init(of instance: Instance) {
            self =
                switch instance.phase {
                case .starting: .starting
                case .idle: instance.hasWaited ? .waiting : .initialized
                case .serving: .working
                case .ending(let cause): cause.isFailureToInitialize ? .failedInitialization : .terminated
                }
        }

        /// What a function without instances says; `nil` when it needs none.
        init?(ofNoInstanceIn state: ComponentState) {
            switch state {
            case .broken: self = .failedInitialization
            case .errored, .installed, .new: self = .notStarted
            case .finished, .stopping: self = .terminated
            case .starting, .running: return nil
            }
        }
    }

    enum CodingKeys: String, CodingKey {
        case functionARN = "FuncArn"
        case workerID = "WorkerId"
        case processID = "ProcessId"
        case state = "WorkerState"
    }

    /// Its function's ARN with the version.
    package let functionARN: String
    /// The instance's number; empty when there is no instance.
    package let workerID: String
    /// The process' number; empty when there is no process, or it is one of the user's own.
    package let processID: String
    /// Where it stands.
    package let state: State
}
