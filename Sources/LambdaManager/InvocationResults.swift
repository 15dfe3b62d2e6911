internal import Components
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The results that invokers fetch, from the invocation until the answer or the end of its time.
final class InvocationResults: Sendable {
    /// How long a result waits to be fetched: the originals' `getResultTimeoutInSecond`.
    static let keptFor = TimeAmount.seconds(60)

    /// What an entry takes beside its payload, about: results without payload must not be free.
    private static let entryBytes = 512

    private enum State {
        case pending(ResultWaiter?)
        case done(InvocationResult, expiry: Scheduled<Void>)
    }

    private struct Entry {
        let invoker: Identity
        var state: State
    }

    private let entries = NIOLockedValueBox<[String: Entry]>([:])
    private let budget: ByteBudget
    private let eventLoop: any EventLoop

    init(budget: ByteBudget, eventLoop: any EventLoop) {
        self.budget = budget
        self.eventLoop = eventLoop
    }

    /// Expects the result of an invocation, for `invoker` to fetch.
    func expect(_ invocationID: String, for invoker: Identity) {
        entries.withLockedValue { $0[invocationID] = Entry(invoker: invoker, state: .pending(nil)) }
    }

    /// Completes the waiter's promise with the result, now or when it comes.
    ///
    /// A result is given once.
    ///
    /// A newer waiter takes an older one's place: its connection is gone, and nobody has noticed yet.
    func fetch(_ invocationID: String, for invoker: Identity, waiter: ResultWaiter) {
        var replaced: ResultWaiter?
        let outcome: Result<InvocationResult, CallError>? = entries.withLockedValue { entries in
            guard let entry = entries[invocationID], entry.invoker == invoker else {
                return .failure(.noSuchInvocation(Self.unknown(invocationID)))
            }
            switch entry.state {
            case .pending(let older):
                replaced = older
                entries[invocationID]?.state = .pending(waiter)
                return nil
            case .done(let result, let expiry):
                expiry.cancel()
                entries[invocationID] = nil
                budget.give(Self.byteCount(of: result))
                return .success(result)
            }
        }
        replaced?.promise.fail(CallError.noSuchInvocation("\(invocationID) is fetched by a newer request"))
        if let outcome {
            waiter.promise.completeWith(outcome.mapError { $0 as any Error })
        }
    }

    /// Stops waiting: the connection is gone.
    ///
    /// The result is kept for its time when it comes.
    func stopFetching(_ invocationID: String, for invoker: Identity, waiter id: WaiterID) {
        let waiter: ResultWaiter? = entries.withLockedValue { entries in
            guard let entry = entries[invocationID], entry.invoker == invoker,
                case .pending(let waiter?) = entry.state, waiter.id == id
            else { return nil }
            entries[invocationID]?.state = .pending(nil)
            return waiter
        }
        waiter?.promise.fail(CallError.noSuchInvocation("nobody waits for \(invocationID) any more"))
    }

    /// Hands a result to who waits for it, or keeps it for its time.
    func finish(_ invocationID: String, with result: InvocationResult) {
        let waiting: ResultWaiter? = entries.withLockedValue { entries in
            guard case .pending(let waiter) = entries[invocationID]?.state else { return nil }
            if waiter != nil {
                entries[invocationID] = nil
            } else {
                entries[invocationID]?.state = .done(
                    keep(result, of: invocationID),
                    expiry: eventLoop.scheduleTask(in: Self.keptFor) { self.expire(invocationID) }
                )
            }
            return waiter
        }
        waiting?.promise.succeed(result)
    }

    private func keep(_ result: InvocationResult, of invocationID: String) -> InvocationResult {
        let byteCount = result.payload.readableBytes
        if budget.take(Self.byteCount(of: result)) {
            return result
        }
        let substitute = FunctionErrorDocument.tooLarge(invocationID: invocationID, byteCount: byteCount)
            .result
        budget.takeAnyway(Self.byteCount(of: substitute))
        return substitute
    }

    private static func byteCount(of result: InvocationResult) -> Int {
        result.payload.readableBytes + entryBytes
    }

    private func expire(_ invocationID: String) {
        entries.withLockedValue { entries in
            guard case .done(let result, _) = entries[invocationID]?.state else { return }
            entries[invocationID] = nil
            budget.give(Self.byteCount(of: result))
        }
    }

    private static func unknown(_ invocationID: String) -> String {
        "no result for invocation \(invocationID): it is unknown, fetched already, "
            + "or was not fetched within \(keptFor.nanoseconds / 1_000_000_000) s"
    }
}

/// An invoker that waits for a result.
struct ResultWaiter: Sendable {
    let id: WaiterID
    let promise: EventLoopPromise<InvocationResult>
}
