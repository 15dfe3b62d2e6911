import Broker
import GreengrassModel
import Logging
import MQTTBridge
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TopicRouter

func message(_ topic: String, _ payload: String = "", qos: QoS = .atLeastOnce) throws -> Message {
    Message(
        topic: try TopicName(topic),
        payload: ByteBuffer(string: payload),
        origin: .commandLine,
        qos: qos
    )
}

func filters(_ texts: String...) throws -> Set<TopicFilter> {
    Set(try texts.map { try TopicFilter($0) })
}

extension Message {
    /// Topic and payload, for a comparison.
    var text: String { "\(self.topic) \(String(buffer: self.payload))" }
}

/// Things that one thread reports and a test awaits, in order.
struct Reports<Element: Sendable>: Sendable {
    let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream()
    }

    func add(_ element: Element) {
        self.continuation.yield(element)
    }

    /// The next `count` reports.
    func next(_ count: Int) async -> [Element] {
        var elements: [Element] = []
        var iterator = self.stream.makeAsyncIterator()
        while elements.count < count, let element = await iterator.next() { elements.append(element) }
        return elements
    }

    /// The reports up to the first that fulfils `isLast`, which included.
    func upTo(_ isLast: (Element) -> Bool) async -> [Element] {
        var elements: [Element] = []
        for await element in self.stream {
            elements.append(element)
            if isLast(element) { break }
        }
        return elements
    }
}

/// A bridge under test, with what it reports.
struct TestBridge {
    let bridge: MQTTBridge
    let inbox = Reports<Message>()
    let drops = Reports<String>()
    let acknowledged = Reports<String>()
    /// Why there is no connection, as the log tells it.
    let problems = Reports<String>()

    /// Reports the reasons that the log has.
    struct ProblemHandler: LogHandler {
        let problems: Reports<String>
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            if let reason = event.metadata?["reason"] { self.problems.add("\(reason)") }
        }
    }

    struct Observer: TrafficObserver {
        let acknowledged: Reports<String>

        func didRoute(_ message: Message, to targets: [String]) {}
        func didNotDeliver(_ message: Message, reason: String) {}
        func didReachCloud(_ message: Message) { self.acknowledged.add(message.text) }
    }

    /// - Parameters:
    ///   - receive: is called with each message before it is put into the inbox.
    ///   - durability: succeeds when the messages are kept.
    init(
        port: Int,
        host: String = "127.0.0.1",
        clientID: String = "thing",
        receive: @escaping @Sendable (Message) -> Void = { _ in },
        durability: EventLoopFuture<Void>? = nil,
        configure: (inout MQTTBridgeConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = MQTTBridgeConfiguration(host: host, port: port, clientID: clientID)
        configuration.reconnectDelayMin = .milliseconds(5)
        configuration.reconnectDelayMax = .milliseconds(50)
        configuration.connectIntervalMin = .zero
        configure(&configuration)
        self.bridge = try MQTTBridge(
            configuration: configuration,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "test") { [problems] _ in ProblemHandler(problems: problems) },
            observer: Observer(acknowledged: self.acknowledged),
            onDrop: { [drops] message, _ in drops.add(message.text) },
            makeReceiver: { [inbox] in
                { message in
                    receive(message)
                    inbox.add(message)
                    return durability
                }
            }
        )
    }

    /// A bridge to a broker that speaks MQTT 3.1.1.
    init(
        broker: FakeBroker,
        durability: EventLoopFuture<Void>? = nil,
        configure: (inout MQTTBridgeConfiguration) -> Void = { _ in }
    ) throws {
        try self.init(
            port: broker.port,
            durability: durability,
            configure: { configuration in
                configuration.version = .mqtt3
                configure(&configuration)
            }
        )
    }

    /// Reserves and commits.
    func publish(
        _ topic: String,
        _ payload: String = "",
        qos: QoS = .atLeastOnce,
        hops: Int = 0,
        properties: MessageProperties? = nil
    ) throws -> Reservation {
        var message = try message(topic, payload, qos: qos)
        message.hops = hops
        message.properties = properties
        let answer = self.bridge.reserve(for: message)
        if answer == .ok { _ = self.bridge.commit(message) }
        return answer
    }

    /// Starts the bridge, and ends it whatever `body` does.
    func run(_ body: () async throws -> Void) async throws {
        try self.bridge.start()
        do {
            try await body()
        } catch {
            await self.bridge.shutdown(grace: .zero)
            throw error
        }
        await self.bridge.shutdown(grace: .zero)
    }
}
