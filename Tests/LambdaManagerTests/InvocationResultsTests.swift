import Components
import NIOCore
import NIOEmbedded
import Testing

@testable import LambdaManager

@Suite struct InvocationResultsTests {
    private let loop = EmbeddedEventLoop()
    private let invoker = Identity(componentName: "invoker", instance: 1)

    private func results(bytesMax: Int = 1_000) -> InvocationResults {
        InvocationResults(budget: ByteBudget(bytesMax: bytesMax), eventLoop: loop)
    }

    private func result(_ text: String) -> InvocationResult {
        InvocationResult(payload: ByteBuffer(string: text), functionError: nil)
    }

    /// Fetches, and returns what there is at once.
    private func fetch(_ id: String, from results: InvocationResults, as identity: Identity? = nil) -> String?
    {
        let promise = loop.makePromise(of: InvocationResult.self)
        results.fetch(
            id,
            for: identity ?? invoker,
            waiter: ResultWaiter(id: WaiterID(number: 1), promise: promise)
        )
        var answer: String?
        promise.futureResult.assumeIsolated().whenComplete { outcome in
            answer = (try? outcome.get()).map { String(buffer: $0.payload) } ?? "refused"
        }
        if answer == nil {
            results.stopFetching(id, for: identity ?? invoker, waiter: WaiterID(number: 1))
            return nil
        }
        return answer
    }

    @Test("a result is given once, to its invoker alone")
    func once() {
        let results = results()
        results.expect("a", for: invoker)
        #expect(fetch("a", from: results) == nil)
        results.finish("a", with: result("1"))
        #expect(fetch("a", from: results, as: Identity(componentName: "other", instance: 1)) == "refused")
        #expect(fetch("a", from: results) == "1")
        #expect(fetch("a", from: results) == "refused")
        #expect(fetch("b", from: results) == "refused")
    }

    @Test("a result that nobody fetches is forgotten after 60 seconds")
    func expiry() {
        let results = results()
        for id in ["a", "b"] {
            results.expect(id, for: invoker)
            results.finish(id, with: result(id))
        }
        loop.advanceTime(by: .seconds(59))
        #expect(fetch("a", from: results) == "a")
        loop.advanceTime(by: .seconds(1))
        #expect(fetch("b", from: results) == "refused")
    }

    @Test("a newer fetch takes an older one's place")
    func newerFetch() {
        let results = results()
        results.expect("a", for: invoker)
        let older = loop.makePromise(of: InvocationResult.self)
        let newer = loop.makePromise(of: InvocationResult.self)
        results.fetch("a", for: invoker, waiter: ResultWaiter(id: WaiterID(number: 1), promise: older))
        results.fetch("a", for: invoker, waiter: ResultWaiter(id: WaiterID(number: 2), promise: newer))
        results.stopFetching("a", for: invoker, waiter: WaiterID(number: 1))
        results.finish("a", with: result("1"))
        #expect(throws: CallError.self) { try older.futureResult.wait() }
        #expect(throws: Never.self) { try newer.futureResult.wait() }
    }

    @Test("a result without room is replaced by an error, and fetched results make room")
    func bounded() {
        let results = results(bytesMax: 600)
        for id in ["a", "b", "c"] {
            results.expect(id, for: invoker)
        }
        results.finish("a", with: result("12345678"))
        results.finish("b", with: result("12345678"))
        #expect(fetch("a", from: results) == "12345678")
        #expect(fetch("b", from: results)?.contains("Function.ResponseSizeTooLarge") == true)
        results.finish("c", with: result("12345678"))
        #expect(fetch("c", from: results) == "12345678")
    }
}
