internal import Broker
internal import Components
internal import GreengrassModel
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What a function tells of itself.
extension LambdaFunction {
    /// How many invocations wait.
    package var queueCount: Int { machine.withLockedValue { $0.queue.count } }

    /// How many instances there are, in any phase.
    package var instanceCount: Int { machine.withLockedValue { $0.instances.count } }

    /// The limit that its queue has reached, in words; `nil` while there is room for a message.
    package var fullQueue: String? { machine.withLockedValue { $0.queue.exhaustedLimit(byteCount: 1) } }

    /// How its last instance ended, and when; `nil` as long as none has.
    package var lastEnd: InstanceEnd? { storedLastEnd.withLockedValue { $0 } }

    /// What went wrong with it.
    package var counters: FunctionCounters { machine.withLockedValue { $0.counters } }

    /// Whether its instances run in containers.
    package var isContained: Bool {
        context.environment.withLockedValue { $0 }?.isContained(definition) ?? false
    }

    /// What keeps its instances apart from the rest of the machine, in words.
    package var isolation: String {
        context.environment.withLockedValue { $0 }?.isolation(of: definition) ?? "none: not started yet"
    }

    /// Who its instances run as, in words.
    package var user: String {
        context.environment.withLockedValue { $0 }?.user(of: definition) ?? "nobody: not started yet"
    }

    /// Its instances, in the order of their starts.
    package var instances: [InstanceReport] {
        let pids = running.withLockedValue { $0.mapValues(\.pid) }
        return machine.withLockedValue { machine in
            machine.instances.sorted { $0.key < $1.key }.map { number, instance in
                InstanceReport(number: number, pid: pids[number] ?? nil, instance)
            }
        }
    }

    /// Its instances, as Greengrass V1 tells of them.
    var workers: [WorkerHealth] {
        let arn = name
        let pids = running.withLockedValue { $0.mapValues(\.pid) }
        let workers = machine.withLockedValue { machine in
            machine.instances.sorted { $0.key < $1.key }.map { number, instance in
                WorkerHealth(
                    functionARN: arn,
                    workerID: "\(number)",
                    processID: (pids[number] ?? nil).map { "\($0)" } ?? "",
                    state: WorkerHealth.State(of: instance)
                )
            }
        }
        if workers.isEmpty, let state = WorkerHealth.State(ofNoInstanceIn: component.state) {
            return [WorkerHealth(functionARN: arn, workerID: "", processID: "", state: state)]
        }
        return workers
    }
}
