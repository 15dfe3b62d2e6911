/// What else is to be known.
extension RouteSearch {
    var notes: [String] {
        var notes: [String] = []
        switch source {
        case .function(let arn): notes += notesOnPublisher(arn)
        case .cloud: notes += notesOnCloud
        case .localBus: break
        }
        if targets[.cloud] != nil {
            notes += CloudTopicLimits.excesses(of: topic)
        }
        if case .function = source, fates.contains(where: \.isFull) {
            notes.append(
                "with the queueFullPolicy AllOrError no target gets it, and the function gets HTTP 429"
            )
        }
        return notes
    }

    private func notesOnPublisher(_ arn: FunctionARN) -> [String] {
        var notes: [String] = []
        if let component = deployed.component(of: arn) {
            let name = "component \(component.name.description.quoted)"
            let condition = conditions.functions[arn]
            if condition?.isBroken ?? false {
                notes.append("\(name) is BROKEN: it publishes nothing until it is started again")
            } else if let condition, condition.isStopped {
                notes.append("\(name) is stopped (\(condition.state)): it publishes nothing")
            }
        } else {
            let explanation = deployed.explainUndeployed(arn)
            notes.append("nobody can publish as this function, which is not deployed: \(explanation)")
        }
        if table.rows.isEmpty {
            notes.append("the subscription table is empty: no function can publish anything")
        } else if matches.isEmpty, !hasRow(from: arn) {
            notes.append("no row of the subscription table has this function as its source, in any version")
        }
        return notes
    }

    private func hasRow(from arn: FunctionARN) -> Bool {
        table.rows.contains { row in
            guard case .function(let rowARN) = row.source else { return false }
            return rowARN.name == arn.name && rowARN.unqualified == arn.unqualified
        }
    }

    private var notesOnCloud: [String] {
        switch conditions.cloud {
        case .on: []
        case .off: ["the cloud is switched off (mqtt.endpoint is \"none\"): nothing comes down from it"]
        case .down(let state):
            ["the link to the cloud is down (\(state.escaped)): nothing comes down until it is back"]
        }
    }
}
