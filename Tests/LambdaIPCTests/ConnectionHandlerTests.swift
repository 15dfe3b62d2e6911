import NIOCore
import NIOEmbedded
import Testing

@testable import LambdaIPC

@Suite struct ConnectionHandlerTests {
    /// A connection without a socket, in a time of its own.
    private struct Peer {
        let api: LegacyAPI
        let channel = EmbeddedChannel()
        let reads = ReadCounter()

        init() throws {
            api = try LegacyAPI()
            try channel.pipeline.syncOperations.addHandler(reads)
            try api.server.accept(channel)
            try connect()
        }

        private func connect() throws {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func send(_ text: String) throws {
            try channel.writeInbound(ByteBuffer(string: text))
        }

        /// Everything that was written since the last call.
        func received() throws -> String {
            var text = ""
            while let part = try channel.readOutbound(as: IOData.self) {
                guard case .byteBuffer(let buffer) = part else { continue }
                text += String(buffer: buffer)
            }
            return text
        }

        func wait(seconds: Int64) {
            channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
        }
    }

    /// Counts how often the connection is read.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    @Test(
        "a head has ten seconds from accept",
        arguments: ["", "POST / HT", "\r\n\r\n", "POST / HTTP/1.1\r\nA: b\r\n"]
    )
    func slowHead(begin: String) throws {
        let peer = try Peer()
        try peer.send(begin)
        peer.wait(seconds: 9)
        try peer.send("")
        #expect(try peer.received() == "")
        peer.wait(seconds: 1)
        #expect(try peer.received().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
    }

    @Test("a kept connection may be idle; a later head is timed from its first byte")
    func slowSecondHead() throws {
        let peer = try Peer()
        try peer.send(peer.api.publish())
        #expect(try peer.received().hasPrefix("HTTP/1.1 202 Accepted\r\n"))
        peer.wait(seconds: 3_600)
        #expect(peer.channel.isActive)
        try peer.send("P")
        peer.wait(seconds: 9)
        try peer.send("O")
        #expect(try peer.received() == "")
        peer.wait(seconds: 1)
        #expect(try peer.received().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
    }

    @Test("a body has thirty seconds")
    func slowBody() throws {
        let peer = try Peer()
        try peer.send(String(peer.api.publish(payload: "abc").dropLast()))
        peer.wait(seconds: 29)
        #expect(try peer.received() == "")
        peer.wait(seconds: 1)
        #expect(try peer.received().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
    }

    @Test("a worker may wait as long as it takes, and gets work at once when there is some")
    func longPoll() throws {
        let peer = try Peer()
        try peer.send(peer.api.initialized + peer.api.getWork())
        #expect(try peer.received().hasPrefix("HTTP/1.1 200 OK\r\n"))
        peer.wait(seconds: 3_600)
        #expect(try peer.received() == "")
        let publisher = EmbeddedChannel(loop: peer.channel.embeddedEventLoop)
        try peer.api.server.accept(publisher)
        try publisher.writeInbound(ByteBuffer(string: peer.api.publish(payload: "now")))
        #expect(try peer.received().hasSuffix("\r\n\r\nnow"))
    }

    @Test("a waiting worker is read, until it sends what can't be served yet")
    func heldRead() throws {
        let peer = try Peer()
        try peer.send(peer.api.initialized + peer.api.getWork())
        peer.channel.read()
        #expect(peer.reads.count == 1)
        try peer.send(peer.api.getWork())
        peer.channel.read()
        #expect(peer.reads.count == 1)
        let publisher = EmbeddedChannel(loop: peer.channel.embeddedEventLoop)
        try peer.api.server.accept(publisher)
        try publisher.writeInbound(ByteBuffer(string: peer.api.publish()))
        peer.channel.embeddedEventLoop.run()
        #expect(peer.reads.count == 2)
    }

    @Test("what comes behind a refused request is dropped")
    func dropped() throws {
        let peer = try Peer()
        try peer.send(LegacyAPI.request("GET", "/", token: nil))
        #expect(try peer.received().hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        try peer.send(peer.api.publish())
        #expect(try peer.received() == "")
    }

    @Test("a client that does not take its answers gets no further ones")
    func unwritable() throws {
        let peer = try Peer()
        peer.channel.isWritable = false
        try peer.send(peer.api.publish())
        #expect(try peer.received() == "")
        peer.channel.isWritable = true
        peer.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try peer.received() == "", "not inside the flush that made it writable")
        peer.channel.embeddedEventLoop.run()
        #expect(try peer.received().hasPrefix("HTTP/1.1 202 Accepted\r\n"))
    }

    /// Fails every write, as a broken connection does.
    private final class BrokenOutput: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    @Test(
        "work for a worker that left, or that it can't be written to, goes to the next one",
        arguments: [true, false]
    )
    func lostWorker(hasLeft: Bool) throws {
        let peer = try Peer()
        try peer.send(peer.api.initialized + peer.api.getWork() + peer.api.getWork())
        _ = try peer.received()
        if hasLeft {
            try peer.channel.close().wait()
        } else {
            try peer.channel.pipeline.syncOperations.addHandler(BrokenOutput(), position: .first)
        }
        let next = EmbeddedChannel(loop: peer.channel.embeddedEventLoop)
        try peer.api.server.accept(next)
        try next.writeInbound(ByteBuffer(string: peer.api.getWork()))
        let publisher = EmbeddedChannel(loop: peer.channel.embeddedEventLoop)
        try peer.api.server.accept(publisher)
        try publisher.writeInbound(ByteBuffer(string: peer.api.publish(payload: "kept")))
        var received = ""
        while let part = try next.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = part { received += String(buffer: buffer) }
        }
        #expect(received.hasSuffix("kept"))
        #expect(try peer.received() == "")
    }
}
