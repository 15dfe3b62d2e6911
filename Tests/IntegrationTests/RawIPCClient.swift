import EventStream
import Foundation
import TestSupport

/// Where the Greengrass IPC is, and who a client of it is.
struct IPCAddress: Sendable {
    let socket: String
    let token: String
}

/// A client of the Greengrass IPC that sends whatever it is told to.
///
/// Its calls wait, so that it belongs on a thread of its own: `onThread` has one.
final class RawIPCClient {
    private let connection: RawConnection
    /// From `start` on.
    private var received: [UInt8] = []
    private var start = 0
    private(set) var lastStreamID: Int32 = 0

    /// Connects to the socket, and says nothing yet.
    init(_ address: IPCAddress) throws {
        connection = try RawConnection(socket: address.socket)
    }

    /// Connects, and is accepted.
    convenience init(connected address: IPCAddress) throws {
        try self.init(address)
        send(.connect(token: address.token))
        let answer = try next()
        try check(answer.type == 5 && answer.flags == 1 && answer.streamID == 0, "\(answer)")
    }

    func send(_ message: EventStreamMessage) {
        send(message.bytes)
    }

    func send(_ bytes: [UInt8]) {
        connection.send(bytes)
    }

    /// Sends these bytes, in two parts that the daemon does not see together.
    func send(_ bytes: [UInt8], cutAt count: Int) {
        send(Array(bytes.prefix(count)))
        connection.waitUntilRead()
        send(Array(bytes.dropFirst(count)))
    }

    /// The number of the next stream.
    func nextStreamID() -> Int32 {
        lastStreamID += 1
        return lastStreamID
    }

    /// The next message; nil when the daemon has closed the connection.
    func receive() throws -> EventStreamMessage? {
        while true {
            let byteCount = received[start...].prefix(4).reduce(0) { $0 << 8 | Int($1) }
            if received.count - start >= max(byteCount, 4) {
                defer { start += byteCount }
                return try EventStreamMessage(reading: Array(received[start..<start + byteCount]))
            }
            received.removeFirst(start)
            start = 0
            let chunk = try connection.receive()
            guard !chunk.isEmpty else {
                try check(received.isEmpty, "the connection ends within a message")
                return nil
            }
            received += chunk
        }
    }

    /// The next message, which must come.
    func next() throws -> EventStreamMessage {
        guard let message = try receive() else {
            throw ProgramError(description: "the connection was closed")
        }
        return message
    }

    /// Everything that comes until the daemon closes the connection.
    func rest() throws -> [EventStreamMessage] {
        var messages: [EventStreamMessage] = []
        while let message = try receive() {
            messages.append(message)
        }
        return messages
    }

    /// Publishes an empty JSON message, and expects that this is answered.
    func publish(_ topic: String) throws {
        let streamID = nextStreamID()
        send(.publish(topic, streamID: streamID))
        let answer = try next()
        try check(answer.isResponse(to: "PublishToTopic", on: streamID), "\(answer)")
    }

    /// Subscribes, and expects that this is answered; gives the stream.
    func subscribe(_ filter: String) throws -> Int32 {
        let streamID = nextStreamID()
        send(.subscribe(filter, streamID: streamID))
        let answer = try next()
        try check(answer.type == 0 && answer.flags == 0 && answer.streamID == streamID, "\(answer)")
        return streamID
    }
}

/// Ends what runs here when something is not as it must be.
func check(_ isTrue: Bool, _ text: @autoclosure () -> String) throws {
    if !isTrue {
        throw ProgramError(description: text())
    }
}

/// Runs what waits on a thread of its own, so that it keeps no other test from running.
func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}
