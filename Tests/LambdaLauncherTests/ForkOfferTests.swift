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
        while case let size = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)), size > 0 {
            let descriptors = receiveDescriptors(from: socket) ?? []
            for descriptor in descriptors {
                close(descriptor)
            }
            packets.append([size, descriptors.count])
        }
        return packets
    }

    @Test("is started without it")
    func use() throws {
        let control = try #require(SocketPair())
        let process = try #require(SocketPair())
        let guardian = try #require(SocketPair())
        let output = dup(0)
        defer { close(output) }
        let far = control.far.number
        let server = ForkServer(socket: control.near.take())
        defer { server.close() }
        let offer = [guardian.far.number, process.far.number]
        #expect(trySendPacket(ByteBuffer(integer: UInt8(0)), descriptors: offer, to: far))
        let socket = try #require(server.fork(request, outputs: [output]))
        close(socket)
        #expect(received(from: process.near.number) == [[7, 1]])
        #expect(received(from: guardian.near.number) == [[1, 1]])
        // It is told, to make others.
        #expect(received(from: far) == [[1, 0]])
        // There is none left.
        close(try #require(server.fork(request, outputs: [output])))
        #expect(received(from: far) == [[1, 2]])
    }

    @Test("and has died since is not taken for a start")
    func death() throws {
        let control = try #require(SocketPair())
        let far = control.far.number
        let server = ForkServer(socket: control.near.take())
        defer { server.close() }
        do {
            let process = try #require(SocketPair())
            let guardian = try #require(SocketPair())
            let offer = [guardian.far.number, process.far.number]
            #expect(trySendPacket(ByteBuffer(integer: UInt8(0)), descriptors: offer, to: far))
        }
        close(try #require(server.fork(request, outputs: [])))
        #expect(received(from: far) == [[1, 0], [1, 2]])
    }
}
