internal import NIOCore
internal import NIOHTTP1

/// How many parts of requests wait behind one that is being answered: a hundred requests; the SDKs send none.
private let pipelinedInputCountMax = 300

/// How much more memory a payload may hold than it needs before it is copied, which costs less than to keep a
/// whole receive buffer for a small payload.
private let payloadSlackFactor = 4

/// One connection's requests, one after the other: decides what is read, served and refused, and does none of
/// it.
///
/// `Call` is what a request is after its head was admitted.
struct RequestSequence<Call> {
    /// What the parser hands over.
    enum Input {
        /// A whole request.
        case request(HTTPRequestHead, body: ByteBuffer)
        case head(HTTPRequestHead)
        case body(ByteBuffer)
        case end
        case malformed(Refusal)
    }

    /// What to do next.
    enum Action {
        /// Tell the client to send its body.
        case invite
        /// Answer a whole request, then say `didAnswer`.
        case serve(Call, body: ByteBuffer)
        /// Answer and end the connection: what follows can't be told from the refused request's rest.
        case refuse(Refusal)
    }

    /// What is awaited from the client.
    enum Phase {
        case head
        case body
        case nothing
    }

    private enum State {
        case awaitingHead
        case receivingBody(Call)
        case answering
        case ended
    }

    private let limits: LambdaIPCLimits
    private var state = State.awaitingHead
    private var body = ByteBuffer()
    private var keepsAlive = true
    /// What came while a request before was being answered.
    ///
    /// No more is read while there is any, so that it holds at most what one read brought.
    private var queue = CircularBuffer<Input>()

    init(limits: LambdaIPCLimits) {
        self.limits = limits
    }

    /// Whether more may be read.
    var wantsInput: Bool { queue.isEmpty }

    var phase: Phase {
        switch state {
        case .awaitingHead: .head
        case .receivingBody: .body
        case .answering, .ended: .nothing
        }
    }

    mutating func receive(_ input: Input) {
        if case .ended = state { return }
        guard queue.count < pipelinedInputCountMax else {
            return replaceLast()
        }
        queue.append(input)
    }

    /// Takes inputs until there is something to do.
    ///
    /// - Parameter admit: Checks a head before its body is read.
    /// - Returns: `nil` when more input or an answer is awaited.
    mutating func nextAction(admit: (HTTPRequestHead) throws(Refusal) -> Call) -> Action? {
        while !queue.isEmpty {
            switch state {
            case .awaitingHead, .receivingBody:
                if let action = take(queue.removeFirst(), admit: admit) {
                    return action
                }
            case .answering:
                return nil
            case .ended:
                queue.removeAll()
            }
        }
        return nil
    }

    /// The request is answered.
    ///
    /// - Returns: Whether the connection is kept.
    mutating func didAnswer() -> Bool {
        state = keepsAlive ? .awaitingHead : .ended
        return keepsAlive
    }

    /// Nothing more is served on this connection.
    mutating func end() {
        state = .ended
        body = ByteBuffer()
        queue.removeAll()
    }

    private mutating func take(_ input: Input, admit: (HTTPRequestHead) throws(Refusal) -> Call) -> Action? {
        switch (input, state) {
        case (.request(let head, let body), _):
            do throws(Refusal) {
                let call = try admit(head)
                keepsAlive = head.isKeepAlive
                return serve(call, body)
            } catch {
                return refuse(error)
            }
        case (.head(let head), _):
            do throws(Refusal) {
                state = .receivingBody(try admit(head))
            } catch {
                return refuse(error)
            }
            keepsAlive = head.isKeepAlive && head.version == .http1_1
            let expectation = head.headers.first(name: "Expect")?.lowercased()
            return expectation == "100-continue" && head.version == .http1_1 ? .invite : nil
        case (.body(let part), _):
            guard body.readableBytes + part.readableBytes <= limits.bodyBytesMax else {
                return refuse(.bodyTooLarge(limits))
            }
            append(part)
        case (.end, .receivingBody(let call)):
            defer { body = ByteBuffer() }
            return serve(call, body)
        case (.end, _):
            break
        case (.malformed(let refusal), _):
            return refuse(refusal)
        }
        return nil
    }

    private mutating func serve(_ call: Call, _ body: ByteBuffer) -> Action {
        state = .answering
        let isSlack = body.storageCapacity > payloadSlackFactor * body.readableBytes
        return .serve(call, body: isSlack ? ByteBuffer(buffer: body) : body)
    }

    private mutating func append(_ part: ByteBuffer) {
        if body.readableBytes == 0 {
            body = part
        } else {
            body.writeImmutableBuffer(part)
        }
    }

    private mutating func refuse(_ refusal: Refusal) -> Action {
        end()
        return .refuse(refusal)
    }

    /// A client that has so much under way is not waiting for its answers; those before are still given.
    private mutating func replaceLast() {
        queue[queue.index(before: queue.endIndex)] = .malformed(
            Refusal(.tooManyRequests, "Too many requests at once on one connection; wait for the answers.")
        )
    }
}
