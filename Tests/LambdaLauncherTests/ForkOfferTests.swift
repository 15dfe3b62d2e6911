import Glibc
import NIOCore
import Testing

@testable import LambdaLauncher

@Suite("What a fork server has made ahead")
struct ForkOfferTests {
    private let request = ByteBuffer(string: "request")

    /// The sizes of the packets that have come, and how many descriptors each had; these are closed.
    private func received(from socket: Int32) -> [[Int]] {
        var packets: [[Int]] = []
        var bytes = [UInt8](repeating: 0, count: 100)
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)
        while case let size = recv(socket, &bytes, bytes.count, flags), size > 0 {
            let descriptors = receiveDescriptors(from: socket) ?? []
            for descriptor in descriptors {
                close(descriptor)
            }
            packets.append([size, descriptors.count])
        }
        return packets
    }

    /// What `body` returns, called with a server, the socket on which it is heard, and the other ends of
    /// those that were offered it: to a guard and to its process.
    private func withOffer<Result>(
        _ body: (ForkServer, _ heard: Int32, _ guardian: Int32, _ process: Int32) throws -> Result
    ) throws -> Result? {
        guard let control = SocketPair(), let process = SocketPair(), let guardian = SocketPair() else {
            Issue.record("no sockets")
            return nil
        }
        let heard = control.far.number
        let server = ForkServer(socket: dup(control.near.number))
        defer { server.close() }
        let offer = [guardian.far.number, process.far.number]
        #expect(trySendPacket(ByteBuffer(integer: UInt8(0)), descriptors: offer, to: heard))
        return try body(server, heard, guardian.near.number, process.near.number)
    }

    @Test("is started without it")
    func use() throws {
        try withOffer { server, heard, guardian, process in
            let output = dup(0)
            defer { close(output) }
            close(try #require(server.fork(request, outputs: [output])))
            #expect(received(from: process) == [[7, 1]])
            #expect(received(from: guardian) == [[1, 1]])
            // It is told, to make others.
            #expect(received(from: heard) == [[1, 0]])
            // There is none left.
            close(try #require(server.fork(request, outputs: [output])))
            #expect(received(from: heard) == [[1, 2]])
        }
    }

    @Test("and has died since is not taken for a start")
    func death() throws {
        try withOffer { server, heard, guardian, process in
            shutdown(process, Int32(SHUT_RDWR))
            close(try #require(server.fork(request, outputs: [])))
            #expect(received(from: guardian) == [])
            #expect(received(from: heard) == [[1, 0], [1, 2]])
        }
    }
}
