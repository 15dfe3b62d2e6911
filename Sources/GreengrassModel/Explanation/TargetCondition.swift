/// Whether a target can take a message now, and what to do about it when it can't.
struct TargetCondition {
    /// What becomes of the message there.
    enum Fate {
        /// The target takes it.
        case taken
        /// It is kept as a dead letter.
        case dead
        /// It waits in a queue that nobody works off.
        case stuck
    }

    var fate = Fate.taken
    /// Whether the target takes it, and can't go on with it at once.
    var isWaiting = false
    /// Whether a limit is exhausted, which a publisher may want to know.
    var isFull = false
    var problem: String?
    var fix: String?
    var remarks: [String] = []

    static func waiting(_ remark: String) -> TargetCondition {
        TargetCondition(isWaiting: true, remarks: [remark])
    }
}

extension RoutingConditions {
    /// How `target` stands; the local bus takes everything.
    func condition(of target: ResolvedTarget, among deployed: DeployedFunctions) -> TargetCondition {
        switch target {
        case .localBus:
            return TargetCondition()
        case .cloud:
            return cloudCondition
        case .function(let arn):
            guard let component = deployed.component(of: arn) else {
                return Self.undeployed(arn, among: deployed)
            }
            return functions[arn].map { $0.condition(of: component) } ?? TargetCondition()
        }
    }

    /// How the target of a mapping stands.
    func condition(of place: TopicMapping.Place) -> TargetCondition {
        switch place {
        case .pubsub:
            TargetCondition()
        case .iotCore:
            cloudCondition
        case .endpoint(let name):
            downLinks[name].map {
                .waiting("the link to \(name) is down (\($0.escaped)): the message waits until it is back")
            } ?? TargetCondition()
        }
    }

    private var cloudCondition: TargetCondition {
        if cloud == .off {
            return TargetCondition(
                fate: .dead,
                problem: "the cloud is switched off (mqtt.endpoint is \"none\")",
                fix: "set mqtt.endpoint to \"embedded\" or to the host of an MQTT broker, and start the "
                    + "daemon with that"
            )
        }
        var downRemark: String?
        if case .down(let state) = cloud { downRemark = "the link to the cloud is down (\(state.escaped))" }
        guard let spoolIsFull else {
            return downRemark.map { .waiting("\($0): the message waits until it is back") }
                ?? TargetCondition()
        }
        return TargetCondition(
            fate: .dead,
            isFull: true,
            problem: "what waits for the cloud has no room left (\(spoolIsFull.escaped))",
            fix: "wait until some of it has gone up, or raise mqtt.spooler.maxSizeInBytes",
            remarks: downRemark.map { [$0] } ?? []
        )
    }

    private static func undeployed(
        _ arn: FunctionARN,
        among deployed: DeployedFunctions
    ) -> TargetCondition {
        let alternatives = deployed.alternatives(to: arn)
        let fix =
            switch (alternatives.count, alternatives.first.flatMap(deployed.component(of:))) {
            case (1, let component?):
                "set its target to \(component.arn), or to component:\(component.name), "
                    + "which needs no version"
            case (0, _): "deploy it, or take the row out"
            default: "set its target to a function that is deployed, or deploy this one"
            }
        return TargetCondition(
            fate: .dead,
            problem: "the target is not deployed: \(deployed.explainUndeployed(arn))",
            fix: fix
        )
    }
}

extension FunctionCondition {
    /// Whether its component was ended, or ends, because it was asked to.
    var isStopped: Bool { state == "STOPPING" || state == "FINISHED" }

    /// Whether its component was given up.
    var isBroken: Bool { state == "BROKEN" }

    fileprivate func condition(of component: LambdaComponent) -> TargetCondition {
        let name = "component \(component.name.description.quoted)"
        let full = queueIsFull.map { "its queue is full (\($0.escaped))" }
        if isStopped {
            return TargetCondition(
                fate: .dead,
                problem: "\(name) is stopped (\(state))",
                fix: "start it again: trellis component restart -n \(component.name)"
            )
        }
        if isBroken {
            let fate = full ?? "the message waits in its queue, and nothing takes it out"
            return TargetCondition(
                fate: full == nil ? .stuck : .dead,
                isFull: full != nil,
                problem: "\(name) is BROKEN, its start has failed too often: \(fate)",
                fix: "see in its log why (trellis logs get -n \(component.name)), mend it and start it again"
            )
        }
        if let full {
            return TargetCondition(
                fate: .dead,
                isFull: true,
                problem: full,
                fix: "wait until it has worked some of it off, or raise that limit"
            )
        }
        return waitingRemark(of: component, called: name).map { .waiting($0) } ?? TargetCondition()
    }

    /// Why a message that is taken is not worked off at once.
    ///
    /// A function that is not pinned is started by the message.
    private func waitingRemark(of component: LambdaComponent, called name: String) -> String? {
        switch state {
        case "NEW", "INSTALLED", "STARTING":
            component.parameters.isPinned
                ? "\(name) is not ready yet (\(state)): the message waits in its queue" : nil
        case "ERRORED":
            "\(name) has failed and is started again soon: the message waits in its queue"
        default: nil
        }
    }
}
