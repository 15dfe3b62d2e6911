internal import BenchmarkSupport
internal import Broker
internal import GreengrassModel
internal import Logging
internal import NIOCore
internal import TopicRouter

/// A broker with a subscription table, and what is published on it.
struct Scenario {
    /// A message and its publisher's bus.
    ///
    /// It can't be copied: a function's message is made once and lent to the broker, and counting references
    /// to this one's parts with each publish would be measured as well.
    struct Publication: ~Copyable {
        let message: Message
        let bus: BusID

        borrowing func publish(through publisher: Publisher) {
            _ = publisher.publish(message, on: bus)
        }
    }

    let name: String
    /// How many subscribers get each message.
    let targetCount: Int
    let broker: Broker
    /// Published round and round; never freed.
    let publications: UnsafeMutableBufferPointer<Publication>
    let sinks: [Sink]

    static let all: [@Sendable () throws -> Scenario] = [
        { try fanOut(name: "one target", targetCount: 1) },
        { try fanOut(name: "fan-out 100", targetCount: 100) },
        { try largeTable() },
    ]

    /// One function publishes, some others take it.
    private static func fanOut(name: String, targetCount: Int) throws -> Scenario {
        try Scenario(
            name: name,
            functionCount: targetCount + 1,
            rows: (1...targetCount).map { Row(source: 0, subject: "factory/1/line/2/temp", target: $0) },
            topics: [(source: 0, topic: "factory/1/line/2/temp")],
            targetCount: targetCount
        )
    }

    /// 10,000 functions with ten rows each: seven exact, two with `+`, one with `#`.
    private static func largeTable() throws -> Scenario {
        let functionCount = 10_000
        var random = SplitMix64(seed: 1)
        var rows: [Row] = []
        var topics: [(source: Int, topic: String)] = []
        for source in 0..<functionCount {
            for number in 0..<10 {
                let base = "factory/\(source % 100)/line/\(number)"
                let subject =
                    switch number {
                    case 0..<7: base + "/sensor/temp"
                    case 7..<9: base + "/+/temp"
                    default: base + "/#"
                    }
                rows.append(Row(source: source, subject: subject, target: random.next(below: functionCount)))
                topics.append((source, base + "/sensor/temp"))
            }
        }
        // Drawn, so that caches are as cold as they are with many publishers.
        let drawn = (0..<100_000).map { _ in topics[random.next(below: topics.count)] }
        return try Scenario(
            name: "100,000 rows, 10,000 sources",
            functionCount: functionCount,
            rows: rows,
            topics: drawn,
            targetCount: 1
        )
    }

    /// A row of the subscription table; functions are numbers.
    private struct Row {
        let source: Int
        let subject: String
        let target: Int
    }

    private init(
        name: String,
        functionCount: Int,
        rows: [Row],
        topics: [(source: Int, topic: String)],
        targetCount: Int
    ) throws {
        let broker = Broker(logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        let arns = try (0..<functionCount).map {
            try FunctionARN("arn:aws:lambda:eu-central-1:123456789012:function:function-\($0):1")
        }
        sinks = arns.map { Sink($0.description) }
        let buses = zip(arns, sinks).map { broker.deploy($0, queue: broker.add($1)) }
        broker.apply(
            SubscriptionTable(
                try rows.enumerated().map { number, row in
                    ResolvedSubscription(
                        id: "row-\(number)",
                        source: .function(arns[row.source]),
                        subject: try TopicFilter(row.subject),
                        target: .function(arns[row.target])
                    )
                }
            )
        )
        let payload = ByteBuffer(repeating: UInt8(ascii: "x"), count: 256)
        publications = .allocate(capacity: topics.count)
        for (number, (source, topic)) in topics.enumerated() {
            let message = Message(
                topic: try TopicName(topic),
                payload: payload,
                origin: .function(arns[source])
            )
            publications.initializeElement(at: number, to: Publication(message: message, bus: buses[source]))
        }
        self.name = name
        self.targetCount = targetCount
        self.broker = broker
    }
}
