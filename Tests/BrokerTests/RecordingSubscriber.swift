import Broker
import GreengrassModel
import NIOConcurrencyHelpers
import NIOCore
import TopicRouter

/// A subscriber that takes what it gets, with room for so many messages.
final class RecordingSubscriber: Subscriber {
    struct State {
        var reservedCount = 0
        var messages: [Message] = []
        var droppedCount = 0
    }

    let name: String
    private let room: Int
    private let refusal: String?
    private let answer: EventLoopFuture<Void>?
    private let state = NIOLockedValueBox(State())

    init(
        _ name: String,
        room: Int = .max,
        refusal: String? = nil,
        answer: EventLoopFuture<Void>? = nil
    ) {
        self.name = name
        self.room = room
        self.refusal = refusal
        self.answer = answer
    }

    var payloads: [String] { state.withLockedValue { $0.messages.map { String(buffer: $0.payload) } } }
    var messages: [Message] { state.withLockedValue { $0.messages } }
    var reservedCount: Int { state.withLockedValue { $0.reservedCount } }

    /// Lets go of what it took.
    func clear() {
        state.withLockedValue { $0.messages = [] }
    }

    func reserve(for message: Message) -> Reservation {
        if let refusal { return .refused(refusal) }
        return state.withLockedValue { state in
            guard state.messages.count + state.reservedCount < room else { return .full("room for \(room)") }
            state.reservedCount += 1
            return .ok
        }
    }

    func commit(_ message: Message) -> EventLoopFuture<Void>? {
        state.withLockedValue { state in
            state.reservedCount -= 1
            state.messages.append(message)
        }
        return answer
    }

    func cancel(_ message: Message) {
        state.withLockedValue { $0.reservedCount -= 1 }
    }

    func didDrop(_ message: Message) {
        state.withLockedValue { $0.droppedCount += 1 }
    }

    var droppedCount: Int { state.withLockedValue { $0.droppedCount } }
}

/// A link to the cloud that takes what it gets and remembers the filters it was told.
final class RecordingLink: CloudLink {
    private let subscriber: RecordingSubscriber
    private let told = NIOLockedValueBox<[Set<TopicFilter>]>([])
    private let ways = NIOLockedValueBox<[(policy: SpoolPolicy, subscriber: RecordingSubscriber)]>([])
    private let loop: any EventLoop

    init(loop: any EventLoop, room: Int = .max) {
        subscriber = RecordingSubscriber("cloud", room: room)
        self.loop = loop
    }

    var name: String { subscriber.name }
    var payloads: [String] { subscriber.payloads }
    var messages: [Message] { subscriber.messages }
    var filters: [Set<TopicFilter>] { told.withLockedValue { $0 } }
    var state: CloudLinkState { .connected }

    func reserve(for message: Message) -> Reservation { subscriber.reserve(for: message) }
    func commit(_ message: Message) -> EventLoopFuture<Void>? { subscriber.commit(message) }
    func cancel(_ message: Message) { subscriber.cancel(message) }
    func clear() { subscriber.clear() }
    func cloudFiltersDidChange(_ filters: Set<TopicFilter>) { told.withLockedValue { $0.append(filters) } }

    func subscriber(under policy: SpoolPolicy) -> any Subscriber {
        ways.withLockedValue { ways in
            ways.append((policy, RecordingSubscriber("cloud")))
            return ways[ways.count - 1].subscriber
        }
    }

    /// What came under `policy`.
    func payloads(under policy: SpoolPolicy) -> [String] {
        ways.withLockedValue { $0.filter { $0.policy == policy }.flatMap(\.subscriber.payloads) }
    }

    /// How many ways there were ever.
    var wayCount: Int { ways.withLockedValue { $0.count } }

    func whenConnected() -> EventLoopFuture<Void> { loop.makeSucceededVoidFuture() }
}
