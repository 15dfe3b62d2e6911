import EventStream
import Foundation
import TestSupport
import Testing

/// More than anybody needs, over the Greengrass IPC: of messages, streams and connections.
///
/// One after the other: each test has a daemon of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HostileIPCFloodTests {
    private func start(_ workspace: Workspace) async throws -> (daemon: Program, address: IPCAddress) {
        let daemon = try await workspace.startDaemon(
            waiting: ["peer"],
            accessControl: HostileIPCTests.anything
        )
        return (daemon, try await workspace.address(of: "peer"))
    }

    @Test("twenty thousand streams that are unknown, or end as they begin, take no memory")
    func unknownStreams() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let client = try RawIPCClient(connected: address)
            for _ in 0..<20 {
                var bytes: [UInt8] = []
                var unanswered: [Int32] = []
                for number in 0..<500 {
                    bytes += EventStreamMessage.terminate(client.nextStreamID()).bytes
                    let streamID = client.nextStreamID()
                    bytes += EventStreamMessage.request("Nothing\(number)", "{}", streamID: streamID).bytes
                    unanswered.append(streamID)
                }
                client.send(bytes)
                for streamID in unanswered {
                    let answer = try client.next()
                    try check(answer.isError("ServiceError", on: streamID), "\(answer)")
                }
                try other.publish("a/b")
            }
        }
        #expect(before > 0)
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 20_000)
    }

    @Test("a client that asks and never reads is asked to wait, and others are not")
    func unread() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let connection = try RawConnection(socket: address.socket)
            connection.send(EventStreamMessage.connect(token: address.token).bytes)
            // Each asks for as much as it brings: 24 megabytes in all.
            let ping = EventStreamMessage.ping(payload: Array(repeating: 1, count: 60_000)).bytes
            let sender = Thread {
                for _ in 0..<400 {
                    connection.send(ping)
                }
            }
            sender.start()
            for _ in 0..<100 {
                try other.publish("a/b")
            }
            var receivedCount = 0
            let ack = EventStreamMessage(headers: EventStreamMessage.rpcHeaders(type: 5, flags: 1)).bytes
                .count
            while receivedCount < ack + 400 * ping.count {
                let chunk = try connection.receive()
                try check(!chunk.isEmpty, "the connection was closed")
                receivedCount += chunk.count
            }
        }
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 20_000)
    }

    @Test("a connection has ten thousand subscriptions, and an error for each further one")
    func subscriptions() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        try await onThread {
            let other = try RawIPCClient(connected: address)
            let client = try RawIPCClient(connected: address)
            for _ in 0..<10 {
                let streams = (0..<1_000).map { _ in client.nextStreamID() }
                client.send(
                    streams.flatMap { EventStreamMessage.subscribe("flood/\($0)", streamID: $0).bytes }
                )
                for streamID in streams {
                    let answer = try client.next()
                    try check(answer.streamID == streamID && answer.type == 0, "\(answer)")
                }
            }
            let streamID = client.nextStreamID()
            client.send(.subscribe("flood/one/more", streamID: streamID))
            let answer = try client.next()
            try check(answer.isError("ServiceError", on: streamID), "\(answer)")
            // The others are as they were, and one that ends makes room.
            try other.publish("flood/7000")
            try check(try client.next().streamID == 7_000, "no event")
            client.send(.terminate(7_000))
            let next = try client.subscribe("flood/7000")
            try other.publish("flood/7000")
            try check(try client.next().streamID == next, "no event")
        }
        withExtendedLifetime(daemon) {}
    }

    @Test("a subscriber that does not read loses messages, and is told of in the log; another one loses none")
    func stalled() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        let before = ProcessTree.memory(of: daemon.pid).peakKiB
        try await onThread {
            let stalled = try RawIPCClient(connected: address)
            _ = try stalled.subscribe("flood/stalled")
            let reader = try RawIPCClient(connected: address)
            _ = try reader.subscribe("flood/stalled")
            let publisher = try RawIPCClient(connected: address)
            let filling = String(repeating: "x", count: 60_000)
            func publish(_ number: Int) throws {
                let streamID = publisher.nextStreamID()
                let message = #"{"message": {"number": \#(number), "filling": "\#(filling)"}}"#
                let payload = #"{"topic": "flood/stalled", "publishMessage": {"jsonMessage": \#(message)}}"#
                publisher.send(.request("PublishToTopic", payload, streamID: streamID))
                let answer = try publisher.next()
                try check(answer.isResponse(to: "PublishToTopic", on: streamID), "\(answer)")
            }
            func expect(_ number: Int, at client: RawIPCClient) throws -> Bool {
                try client.next().text.contains(#""number": \#(number),"#)
            }
            for number in 0..<200 {
                try publish(number)
                try check(try expect(number, at: reader), "message \(number) is not the next one")
            }
            // What it gets is what came first, without a gap, and then what comes when it reads again.
            var number = 0
            while try stalled.next().text.contains(#""number": \#(number),"#), number < 100 {
                number += 1
            }
            try check(number == 100, "message \(number) is not the next one")
        }
        try await daemon.line(with: "peer does not read what it is subscribed to")
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB - before < 40_000)
    }

    @Test("ten thousand connections are taken, and others are served beside them")
    func connections() async throws {
        let workspace = try Workspace()
        let (daemon, address) = try await start(workspace)
        let flood = try Program("/usr/bin/env", ["python3", "-c", Self.flood, address.socket, address.token])
        try await flood.line(with: "connected")
        try await onThread {
            let client = try RawIPCClient(connected: address)
            let streamID = try client.subscribe("a/b")
            let other = try RawIPCClient(connected: address)
            try other.publish("a/b")
            try check(try client.next().streamID == streamID, "no event")
        }
        #expect(ProcessTree.memory(of: daemon.pid).peakKiB < 300_000)
        flood.signal(SIGTERM)
        _ = try await flood.end()
        try await onThread { try RawIPCClient(connected: address).publish("a/b") }
    }

    /// Connects as often as it may, as the component of its token, and holds all connections.
    private static let flood = """
        import resource, signal, socket, struct, sys, zlib

        def connect(token):
            headers = b''
            for name, value in ((b':message-type', 4), (b':message-flags', 0), (b':stream-id', 0)):
                headers += bytes([len(name)]) + name + struct.pack('>Bi', 4, value)
            headers += bytes([8]) + b':version' + struct.pack('>BH', 7, 5) + b'0.1.0'
            payload = b'{"authToken": "' + token.encode() + b'"}'
            prelude = struct.pack('>II', 16 + len(headers) + len(payload), len(headers))
            message = prelude + struct.pack('>I', zlib.crc32(prelude)) + headers + payload
            return message + struct.pack('>I', zlib.crc32(message))

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        message = connect(sys.argv[2])
        peers = []
        for number in range(min(10_000, hard - 100)):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(sys.argv[1])
            peer.settimeout(30)
            peer.sendall(message)
            peers.append(peer)
        for peer in peers:
            assert len(peer.recv(1_000)) == 71
        print('connected', flush=True)
        signal.pause()
        """
}
