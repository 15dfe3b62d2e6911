internal import NIOCore

/// Sends events on a stream, from any thread; not before the call that made it has returned to its event
/// loop, so that the response comes first.
struct EventSender: Sendable {
    private let session: NIOLoopBound<Session>
    private let eventLoop: any EventLoop
    private let streamID: Int32

    init(_ session: Session, _ streamID: Int32) {
        eventLoop = session.hub.eventLoop
        self.session = NIOLoopBound(session, eventLoop: eventLoop)
        self.streamID = streamID
    }

    func send(_ shape: String, _ payload: ByteBuffer) {
        eventLoop.execute {
            session.value.sendEvent(shape, payload, on: streamID)
            session.value.hub.sendAll()
        }
    }
}
