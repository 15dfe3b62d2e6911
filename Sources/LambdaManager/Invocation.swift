internal import Broker
package import NIOCore
internal import TopicRouter

/// How an invoker waits for its function; the values of `X-Amz-Invocation-Type`.
package enum InvocationType: String, Sendable {
    /// The invoker fetches the result.
    case requestResponse = "RequestResponse"
    /// Nobody waits for a result.
    case event = "Event"
}

/// One piece of work for a function while it waits and while it is served.
struct Invocation: Sendable {
    /// A UUID; names it in the legacy API.
    let id: String
    /// What the handler gets.
    let payload: ByteBuffer
    let kind: Kind
    /// How many functions stand before this one in a chain of messages.
    let hops: Int
    /// How many instances have died in it.
    var deaths = 0

    /// Who waits for it, if anybody.
    ///
    /// Indirect, since every look at the instance that serves it copies it.
    indirect enum Kind: Sendable {
        /// A message that was routed here, or an invocation of type Event; kept as a dead letter when it
        /// can't be served.
        case event(Message)
        /// An invocation whose result is fetched, with what the invoker gave as `X-Amz-Client-Context`:
        /// base64 of a JSON object, or empty.
        case requestResponse(clientContext: String)
    }

    /// What counts against the byte limits.
    var byteCount: Int {
        switch kind {
        case .event(let message): message.byteCount
        case .requestResponse(let clientContext): payload.readableBytes + clientContext.utf8.count
        }
    }

    /// The message to keep when it can't be served; `nil` for one whose invoker is told instead.
    var message: Message? {
        switch kind {
        case .event(let message): message
        case .requestResponse: nil
        }
    }
}

extension Invocation {
    /// The work that a message becomes.
    init(of message: Message, id: String) {
        self.init(id: id, payload: message.payload, kind: .event(message), hops: message.hops)
    }

    /// What the runtime gets.
    var work: Work {
        Work(invocationID: id, clientContext: clientContext, payload: payload)
    }

    /// The client context of a routed message has its topic as the subject; it is made only when a runtime
    /// takes the work, since what waits needs none.
    private var clientContext: String {
        switch kind {
        case .requestResponse(let clientContext):
            return clientContext
        case .event(let message):
            if let given = message.clientContext { return given }
            return RoutedContext.base64(topic: message.topic.utf8)
        }
    }
}

/// A piece of work as a runtime gets it.
package struct Work: Sendable {
    /// The value of `X-Amz-InvocationId`.
    package let invocationID: String
    /// The value of `X-Amz-Client-Context`: base64 of a JSON object, or empty.
    package let clientContext: String
    /// The body.
    package let payload: ByteBuffer
}

/// How an invocation ended.
package struct InvocationResult: Sendable {
    /// The values of `X-Amz-Function-Error`.
    package enum FunctionError: String, Sendable {
        /// The function reported the error itself.
        case handled = "Handled"
        /// The function did not live to report it: time-out, exit, kill.
        case unhandled = "Unhandled"
    }

    /// What the function returned, or a JSON document that describes the error.
    package let payload: ByteBuffer
    /// `nil` when the function succeeded.
    package let functionError: FunctionError?

    /// Makes a result.
    package init(payload: ByteBuffer, functionError: FunctionError?) {
        self.payload = payload
        self.functionError = functionError
    }
}
