extension Explanation {
    /// What leads from a bus to a target.
    ///
    /// As JSON it is an object with one key: `{"row": {"id": "alarms", "line": 9}}`,
    /// `{"eventSource": {"component": "siren", "type": "PUB_SUB"}}` or `{"mapping": {"id": "up"}}`.
    package enum Entry: Codable, Hashable, Sendable {
        /// A row of the subscription table: its id, and the line of the file where it begins.
        case row(id: String, line: Int)
        /// An event source: its component, and its type, `PUB_SUB` or `IOT_CORE`.
        case eventSource(component: String, type: String)
        /// A mapping of topics: its key in `mqttTopicMapping`.
        case mapping(id: String)

        init(_ row: ResolvedSubscription) {
            self = .row(id: row.id, line: row.place.line)
        }

        init(_ eventSource: EventSource, of component: LambdaComponent) {
            self = .eventSource(component: component.name.description, type: eventSource.kind.word)
        }

        /// What sentences call it.
        var name: String {
            switch self {
            case .row(let id, _): "row \(id.quoted)"
            case .eventSource(let component, let type): "event source \(type) of \(component.quoted)"
            case .mapping(let id): "mapping \(id.quoted)"
            }
        }
    }
}

extension EventSource.Kind {
    /// The word of the component files for it.
    fileprivate var word: String {
        switch self {
        case .pubSub: "PUB_SUB"
        case .iotCore: "IOT_CORE"
        }
    }
}
