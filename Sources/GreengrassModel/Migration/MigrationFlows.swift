internal import TopicRouter

/// Who publishes and who listens where once the table is gone, and what that changes.
struct MigrationFlows {
    struct Publisher {
        let component: String
        let filter: TopicFilter
        let row: String
        /// Who gets it by this row; `nil`: the local bus.
        let target: String?
    }

    struct Listener {
        let component: String
        let filter: TopicFilter
        /// `nil`: an event source that is there already.
        let row: String?
    }

    private struct Pair: Hashable {
        let publisher: String
        let listener: String
    }

    /// Nobody reads more.
    private static let notesMax = 100

    /// On the local bus.
    var publishers: [Publisher] = []
    /// On the local bus.
    var listeners: [Listener] = []
    /// To the cloud.
    var uplinks: [Listener] = []
    /// From the cloud.
    var downlinks: [Listener] = []

    /// What changes for a component; `nil`: for all.
    func notes(about component: String?) -> [String] {
        let wanted = { (names: String...) in component.map(names.contains) ?? true }
        var notes = newFlows(wanted) + doublePublishes(wanted) + echoes(wanted)
        if notes.count > Self.notesMax {
            let rest = notes.count - Self.notesMax
            notes = notes.prefix(Self.notesMax) + ["\(rest) more differences of these kinds are not shown"]
        }
        if publishers.contains(where: { wanted($0.component) }) {
            notes.append(
                "PublishToTopic is a success when nobody listens, and an UnauthorizedError where no policy "
                    + "allows it; \"No subscription exists\" and the policy AllOrException are things of the "
                    + "legacy API"
            )
        }
        if listeners.contains(where: { $0.row != nil && wanted($0.component) }) {
            notes.append(
                "an event source invokes a function and keeps what waits for it; a program that subscribes "
                    + "by itself gets only what is published while it runs: it needs one of the two"
            )
        }
        return notes
    }

    /// On the local bus everybody who listens gets a message; the table knows who may hear whom.
    private func newFlows(_ wanted: (String...) -> Bool) -> [String] {
        var known: [Pair: [TopicFilter]] = [:]
        for publisher in publishers {
            guard let target = publisher.target else { continue }
            let pair = Pair(publisher: publisher.component, listener: target)
            known[pair, default: []].append(publisher.filter)
        }
        var told: Set<Pair> = []
        var notes: [String] = []
        for publisher in publishers {
            for listener in listeners where wanted(publisher.component, listener.component) {
                let pair = Pair(publisher: publisher.component, listener: listener.component)
                let isOnBus = publisher.target == nil && listener.row == nil
                guard !isOnBus, publisher.target != listener.component, !told.contains(pair),
                    publisher.filter.overlaps(listener.filter),
                    !(known[pair] ?? []).contains(where: {
                        $0.covers(publisher.filter) || $0.covers(listener.filter)
                    })
                else { continue }
                told.insert(pair)
                let listens = listener.row.map { "row \($0.quoted)" } ?? "its event source"
                notes.append(
                    "\(listener.component), which listens on \(listener.filter) (\(listens)), will also get "
                        + "what \(publisher.component) publishes on \(publisher.filter) (row "
                        + "\(publisher.row.quoted)): on the local bus everybody who listens on a topic gets "
                        + "it, whoever published"
                )
            }
        }
        return notes
    }

    /// One `publish()` that goes to the cloud and to others becomes two calls.
    private func doublePublishes(_ wanted: (String...) -> Bool) -> [String] {
        var told: Set<String> = []
        return uplinks.compactMap { uplink in
            guard wanted(uplink.component), !told.contains(uplink.component),
                let local = publishers.first(where: {
                    $0.component == uplink.component && $0.filter.overlaps(uplink.filter)
                })
            else { return nil }
            told.insert(uplink.component)
            return "one publish() of \(uplink.component) can go to the cloud (row "
                + "\(uplink.row?.quoted ?? "")) and to this machine (row \(local.row.quoted)); rewritten, it "
                + "calls PublishToIoTCore and PublishToTopic, and one may fail without the other"
        }
    }

    private func echoes(_ wanted: (String...) -> Bool) -> [String] {
        var told: Set<String> = []
        return uplinks.compactMap { uplink in
            guard wanted(uplink.component), !told.contains(uplink.component),
                downlinks.contains(where: {
                    $0.component == uplink.component && $0.filter.overlaps(uplink.filter)
                })
            else { return nil }
            told.insert(uplink.component)
            return "\(uplink.component) gets back what it sends to the cloud on \(uplink.filter): "
                + "SubscribeToIoTCore can't leave out one's own messages"
        }
    }
}
