/// What becomes of the message, all in all.
extension RouteSearch {
    var outcome: Explanation.Outcome {
        if matches.isEmpty, case .function = source { return .refused }
        if targets.isEmpty { return .nobodyListens }
        switch count(.taken) {
        case targets.count: return .delivered
        case 0: return .notDelivered
        default: return .partly
        }
    }

    /// How many targets the message meets this fate at.
    func count(_ fate: TargetCondition.Fate) -> Int {
        targets.values.count { $0.fate == fate }
    }

    var summary: String {
        switch outcome {
        case .delivered:
            switch targets.count {
            case 1: "delivered: the target takes it\(waiting)"
            case 2: "delivered: both targets take it\(waiting)"
            default: "delivered: all \(targets.count) targets take it\(waiting)"
            }
        case .partly:
            "delivered in part: taken by \(count(.taken)) of \(targets.count) targets\(waiting); \(remainder)"
        case .notDelivered:
            targets.count == 1
                ? "not delivered: the target can't take it; \(remainder)"
                : "not delivered: none of the \(targets.count) targets can take it; \(remainder)"
        case .refused:
            "refused: no subscription matches, the function gets HTTP 400 "
                + "\"No subscription exists for the source …\""
        case .nobodyListens:
            switch source {
            case .function:
                "nobody listens: the publish succeeds, and nobody gets it, since what matches leads to the "
                    + "local bus, where no event source matches"
            case .cloud:
                rowToLocalBus == nil
                    ? "nobody listens: no row and no event source takes it from the cloud"
                    : "nobody listens: what matches leads to the local bus, where no event source matches"
            case .localBus:
                "nobody listens: no event source of type PUB_SUB takes it from the local bus"
            }
        }
    }

    /// What takes it and can't go on with it at once.
    private var waiting: String {
        let count = targets.values.count { $0.isWaiting }
        if count == 0 { return "" }
        return targets.count == 1 ? ", and it waits there for now" : ", and at \(count) it waits for now"
    }

    /// What becomes of it for the targets that can't take it.
    private var remainder: String {
        let fate =
            switch (count(.dead), count(.stuck)) {
            case (_, 0): "it is kept as a dead letter"
            case (0, _): "it waits in a queue in vain"
            default: "it is kept as a dead letter, or waits in a queue in vain"
            }
        guard outcome == .partly else { return fate }
        let isOne = targets.count - count(.taken) == 1
        return "for the \(isOne ? "other" : "others") \(fate)"
    }
}
