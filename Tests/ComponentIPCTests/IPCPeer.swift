import Broker
import Components
import EventStream
import GreengrassModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import TopicRouter

@testable import ComponentIPC

/// The server's state without a socket: everything that its connections share.
struct IPCWorld {
    let loop = EmbeddedEventLoop()
    let broker = Broker(logger: silentLogger)
    let tokens = TokenTable()
    let configurations = ComponentConfigurations(store: nil, logger: silentLogger)
    let directory = RecordingDirectory()
    let hub: Hub

    /// - Parameters:
    ///   - allowed: What every component may do, by service.
    ///   - limits: What clients may take.
    init(
        allowing allowed: [String: [String]] = [
            "aws.greengrass.ipc.pubsub": ["*"], "aws.greengrass.ipc.mqttproxy": ["*"],
            "aws.greengrass.Cli": ["*"], "aws.greengrass.ipc.lifecycle": ["*"],
            "aws.greengrass.ipc.componentmetric": ["*"],
        ],
        limits: ComponentIPCLimits = ComponentIPCLimits()
    ) {
        let policies = AccessPolicies()
        policies.replace(
            with: allowed.map { service, resources in
                AccessPolicy(
                    component: AccessPolicy.everyComponent,
                    service: service,
                    id: service,
                    operations: ["*"],
                    resources: resources
                )
            }
        )
        let services = ComponentServices(
            broker: broker,
            tokens: tokens,
            policies: policies,
            configurations: configurations,
            validation: ConfigurationValidation(eventLoop: loop),
            directory: directory,
            updates: ComponentUpdates(eventLoop: loop, logger: silentLogger),
            metrics: ComponentMetrics(),
            debugPasswords: DebugPasswords(),
            hops: { _ in 0 },
            logger: silentLogger
        )
        hub = Hub(services: services, limits: limits, eventLoop: loop, lostMessages: LostMessages())
    }

    /// Publishes on the server's event loop, as a function on the same loop does.
    @discardableResult
    func publish(_ payload: String = "", on topic: String = "t") throws -> PublishOutcome {
        let message = Message(
            topic: try TopicName(topic),
            payload: ByteBuffer(string: payload),
            origin: .commandLine
        )
        return hub.publisher.publish(message, on: .local)
    }

    /// A client that has not sent anything.
    func connect() throws -> IPCPeer {
        let channel = EmbeddedChannel(handler: ConnectionHandler(hub: hub), loop: loop)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nonexistent"), promise: nil)
        return IPCPeer(channel: channel)
    }

    /// Expects that nothing that a client sends is answered any more, and that its connection closes soon.
    func expectClosing(_ peer: IPCPeer) throws {
        // The SDKs say why only when they are the ones that close.
        #expect(peer.isOpen)
        try peer.send(.rpc(type: 2, stream: 0))
        #expect(try peer.receive() == nil)
        loop.advanceTime(by: .seconds(1))
        #expect(!peer.isOpen)
    }

    /// A client whose CONNECT was accepted.
    func connect(_ componentName: String) throws -> IPCPeer {
        let peer = try connect()
        let token = tokens.issue(for: Identity(componentName: componentName, instance: 1))
        try peer.send(.connect(token: token))
        let ack = try #require(try peer.receive())
        #expect(ack[":message-type"] == .int32(5))
        #expect(ack[":message-flags"] == .int32(1))
        return peer
    }
}

/// A client's side of a connection.
final class IPCPeer {
    let channel: EmbeddedChannel
    private var unread: [UInt8] = []

    init(channel: EmbeddedChannel) {
        self.channel = channel
    }

    var isOpen: Bool { channel.isActive }

    func send(_ message: EventStreamMessage) throws {
        try send(message.bytes)
    }

    func send(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// Opens a stream.
    func request(_ streamID: Int32, _ operation: String, _ payload: String) throws {
        try send(.request(streamID, operation, payload))
    }

    /// Opens a stream and reads its first answer.
    func ask(_ streamID: Int32, _ operation: String, _ payload: String = "{}") throws -> EventStreamMessage {
        try request(streamID, operation, payload)
        return try #require(try receive())
    }

    /// The next message; nil when there is none.
    func receive() throws -> EventStreamMessage? {
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            unread += buffer.readableBytesView
        }
        guard let message = try EventStreamMessage(reading: unread) else { return nil }
        unread.removeFirst(message.bytes.count)
        return message
    }

    /// All messages that were sent.
    func receiveAll() throws -> [EventStreamMessage] {
        var messages: [EventStreamMessage] = []
        while let message = try receive() {
            messages.append(message)
        }
        return messages
    }
}

extension EventStreamMessage {
    subscript(name: String) -> HeaderValue? { headers.first { $0.name == name }?.value }

    /// The shape of the payload, without the model's prefix.
    var shape: String? {
        guard case .string(let name)? = self["service-model-type"] else { return nil }
        return String(name.dropFirst("aws.greengrass#".count))
    }

    var text: String { String(decoding: payload, as: UTF8.self) }

    static func rpc(
        type: Int32,
        flags: Int32 = 0,
        stream: Int32,
        headers: [(name: String, value: HeaderValue)] = [],
        payload: String = ""
    ) -> EventStreamMessage {
        EventStreamMessage(
            headers: headers + [
                (":message-type", .int32(type)), (":message-flags", .int32(flags)),
                (":stream-id", .int32(stream)),
            ],
            payload: Array(payload.utf8)
        )
    }

    static func connect(token: String, version: String = "0.1.0") -> EventStreamMessage {
        .rpc(
            type: 4,
            stream: 0,
            headers: [(":version", .string(version))],
            payload: #"{"authToken": "\#(token)"}"#
        )
    }

    static func request(_ streamID: Int32, _ operation: String, _ payload: String) -> EventStreamMessage {
        .rpc(
            type: 0,
            stream: streamID,
            headers: [
                (":content-type", .string("application/json")),
                ("service-model-type", .string("aws.greengrass#\(operation)Request")),
                ("operation", .string("aws.greengrass#\(operation)")),
            ],
            payload: payload
        )
    }

    /// The end of a stream, by the client.
    static func end(_ streamID: Int32) -> EventStreamMessage {
        .rpc(type: 0, flags: 2, stream: streamID)
    }
}

/// Components that only note what is asked of them.
final class RecordingDirectory: ComponentDirectory {
    let calls = NIOLockedValueBox<[String]>([])
    let components = [
        Component(name: "one", version: "1.0.0", log: LogFile(folder: "/nonexistent", name: "one"))
    ]

    func restart(_ name: String) async throws(ComponentError) { try note("restart", name) }
    func stop(_ name: String) async throws(ComponentError) { try note("stop", name) }
    func pause(_ name: String) async throws(ComponentError) { try note("pause", name) }
    func resume(_ name: String) async throws(ComponentError) { try note("resume", name) }

    func report(_ state: ReportedState, by identity: Identity) {
        calls.withLockedValue { $0.append("report \(state.rawValue) by \(identity.componentName)") }
    }

    private func note(_ call: String, _ name: String) throws(ComponentError) {
        _ = try component(named: name)
        calls.withLockedValue { $0.append("\(call) \(name)") }
    }
}

private let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
