import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// A running fork server: a process with a socket, on which it is asked for forks of itself.
final class ForkServer: Sendable {
    /// What makes two plans share a server.
    ///
    /// The server itself runs as the daemon's user, so that no function can kill the guards it makes; but
    /// functions of different users share no memory layout and no hash seed.
    struct Key: Hashable, Sendable {
        let executable: String
        let plan: ForkServerPlan
        let user: UserIdentity?
    }

    /// Where it finds its end of the socket.
    static let controlDescriptor: Int32 = 3

    private struct State {
        /// The daemon's end of the socket; nil once the server is gone.
        var socket: Int32?
        var process: SupervisedProcess?
        var hasForked = false
    }

    private let state: NIOLockedValueBox<State>

    /// Makes one whose process is to be started with the other end of `socket`.
    init(socket: Int32) {
        state = NIOLockedValueBox(State(socket: socket))
    }

    /// Whether a process that it was asked for has ever started.
    var hasForked: Bool {
        state.withLockedValue { $0.hasForked }
    }

    /// A process that it was asked for has started.
    func noteFork() {
        state.withLockedValue { $0.hasForked = true }
    }

    /// Its process was launched.
    func isRun(by process: SupervisedProcess) {
        state.withLockedValue { $0.process = process }
    }

    /// Ends it; what it has forked stays.
    func kill() {
        state.withLockedValue { $0.process }?.kill()
    }

    /// Its process is gone.
    func close() {
        if let socket = state.withLockedValue({ $0.socket.take() }) {
            Glibc.close(socket)
        }
    }

    /// Asks for a process.
    ///
    /// - Parameters:
    ///   - request: The request to start it. It goes past the server, whose memory all forks share.
    ///   - outputs: The process's outputs; they stay the caller's.
    /// - Returns: The launcher's end of the socket to the process's guard, the caller's from now on; nil if
    ///   the server is gone or behind. When no guard comes of it, the socket closes.
    func fork(_ request: ByteBuffer, outputs: [Int32]) -> Int32? {
        guard let guardEnds = SocketPair() else { return nil }
        let isSent = state.withLockedValue { state in
            guard let socket = state.socket else { return false }
            return useOffer(of: socket, request, outputs: outputs, report: guardEnds.far.number)
                || ask(socket, request, outputs: outputs, report: guardEnds.far.number)
        }
        return isSent ? guardEnds.near.take() : nil
    }

    /// Lets the process and guard that the server has made ahead be those that are asked for, without a word
    /// to the server before they are; false if there are none.
    private func useOffer(of socket: Int32, _ request: ByteBuffer, outputs: [Int32], report: Int32) -> Bool {
        guard let ends = receiveDescriptors(from: socket) else { return false }
        defer {
            for end in ends {
                Glibc.close(end)
            }
        }
        guard ends.count == 2 else { return false }
        // What fails here is theirs: they are gone. It is of no consequence if the server is, too.
        defer { _ = trySendPacket(ByteBuffer(integer: UInt8(0)), descriptors: [], to: socket) }
        return trySendPacket(request, descriptors: outputs, to: ends[1])
            && trySendPacket(ByteBuffer(integer: UInt8(0)), descriptors: [report], to: ends[0])
    }

    /// Asks the server for a process and a guard; false if it does not listen.
    private func ask(_ socket: Int32, _ request: ByteBuffer, outputs: [Int32], report: Int32) -> Bool {
        guard let planEnds = SocketPair() else { return false }
        return trySendPacket(request, descriptors: outputs, to: planEnds.near.number)
            && trySendPacket(
                ByteBuffer(integer: UInt8(0)),
                descriptors: [report, planEnds.far.number],
                to: socket
            )
    }
}
