/// What becomes of the message, all in all.
extension RouteSearch {
    var outcome: Explanation.Outcome {
        if matches.isEmpty, case .function = source { return .refused }
        if fates.isEmpty { return .nobodyListens }
        switch count(.taken) {
        case fates.count: return .delivered
        case 0: return .notDelivered
        default: return .partly
        }
    }

    /// How many targets the message meets this fate at.
    func count(_ fate: TargetCondition.Fate) -> Int {
        fates.count { $0.fate == fate }
    }

    var summary: String {
        switch outcome {
        case .delivered:
            switch fates.count {
            case 1: "delivered: the target takes it\(waiting)"
            case 2: "delivered: both targets take it\(waiting)"
            default: "delivered: all \(fates.count) targets take it\(waiting)"
            }
        case .partly:
            "delivered in part: taken by \(count(.taken)) of \(fates.count) targets\(waiting); \(remainder)"
        case .notDelivered:
            fates.count == 1
                ? "not delivered: the target can't take it; \(remainder)"
                : "not delivered: none of the \(fates.count) targets can take it; \(remainder)"
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
        let count = fates.count { $0.isWaiting }
        if count == 0 { return "" }
        return fates.count == 1 ? ", and it waits there for now" : ", and at \(count) it waits for now"
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
        let isOne = fates.count - count(.taken) == 1
        return "for the \(isOne ? "other" : "others") \(fate)"
    }
}
