import Broker
import Components
import LambdaLauncher
import NIOCore
import NIOEmbedded
import Testing
import TopicRouter

@testable import LambdaManager

/// When every story of a machine begins.
let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
/// What a function that went well answers.
let done = InvocationResult(payload: ByteBuffer(string: "{}"), functionError: nil)

extension FunctionMachine {
    init(_ policy: InstancePolicy, queue countMax: Int = 10, timeout: Int = 3, isHeld: Bool = false) {
        self.init(
            settings: FunctionSettings(policy: policy, timeoutSeconds: timeout, statusTimeoutSeconds: 60),
            queue: WorkQueue(
                countMax: countMax,
                bytesMax: 1_000_000,
                budget: ByteBudget(bytesMax: 1_000_000)
            ),
            isHeld: isHeld
        )
    }

    /// Puts work into the queue, which must have room.
    mutating func put(_ invocation: Invocation, now: NIODeadline = LambdaManagerTests.start) -> [Action] {
        #expect(reserve(byteCount: invocation.byteCount) == .ok)
        return commit(invocation, now: now)
    }

    /// The instance ends by itself or because it was asked to.
    mutating func end(
        _ instance: UInt64,
        _ how: ProcessEnd = .exited(code: 1),
        now: NIODeadline = LambdaManagerTests.start
    ) -> [Action] {
        instanceEnded(instance, end: how, now: now, jitter: 0)
    }
}

extension Waiter {
    /// A worker with this number; nobody looks at what it gets.
    init(_ number: UInt64) {
        let promise = EmbeddedEventLoop().makePromise(of: Work.self)
        promise.fail(CancellationError())
        self.init(id: WaiterID(number: number), promise: promise)
    }
}

extension Invocation {
    /// A message whose payload is its id.
    static func event(_ id: String, hops: Int = 0) throws -> Invocation {
        let message = Message(
            topic: try TopicName("a/b"),
            payload: ByteBuffer(string: id),
            origin: .cloud,
            hops: hops
        )
        return Invocation(of: message, id: id)
    }

    static func request(_ id: String) -> Invocation {
        Invocation(id: id, payload: ByteBuffer(), kind: .requestResponse(clientContext: ""), hops: 0)
    }
}

extension [FunctionMachine.Action] {
    var given: [String] {
        compactMap { if case .give(let invocation, _) = $0 { invocation.id } else { nil } }
    }

    var launched: [UInt64] {
        compactMap { if case .launch(let instance) = $0 { instance } else { nil } }
    }

    var terminated: [UInt64] {
        compactMap { if case .terminate(let instance) = $0 { instance } else { nil } }
    }

    var killed: [UInt64] {
        compactMap { if case .kill(let instance) = $0 { instance } else { nil } }
    }

    var disowned: [UInt64] {
        compactMap { if case .disown(let instance) = $0 { instance } else { nil } }
    }

    var states: [ComponentState] {
        compactMap { if case .enter(let state) = $0 { state } else { nil } }
    }

    var finished: [(id: String, error: InvocationResult.FunctionError?)] {
        compactMap { if case .finish(let id, let result) = $0 { (id, result.functionError) } else { nil } }
    }

    var keptDead: [String] {
        compactMap { if case .keepDead(_, let reason) = $0 { reason } else { nil } }
    }

    var wakes: [NIODeadline] {
        compactMap { if case .wake(_, let time) = $0 { time } else { nil } }
    }

    var retries: [NIODeadline] {
        compactMap { if case .retry(let time) = $0 { time } else { nil } }
    }

    var causes: [EndCause] {
        compactMap { if case .report(_, let cause, _) = $0 { cause } else { nil } }
    }

    var notes: [String] {
        compactMap { if case .note(_, let text) = $0 { text } else { nil } }
    }

    var dismissedCount: Int {
        count { if case .dismiss = $0 { true } else { false } }
    }

    var hasStopped: Bool {
        contains { if case .stopped = $0 { true } else { false } }
    }
}
