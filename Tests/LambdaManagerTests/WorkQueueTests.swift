import NIOCore
import Testing

@testable import LambdaManager

@Suite struct WorkQueueTests {
    private func invocation(_ id: String, bytes: Int = 10) -> Invocation {
        Invocation(
            id: id,
            payload: ByteBuffer(repeating: 0, count: bytes),
            kind: .requestResponse(clientContext: ""),
            hops: 0
        )
    }

    private func put(_ id: String, in queue: inout WorkQueue) -> String? {
        if let limit = queue.reserve(byteCount: 10) { return limit }
        queue.append(invocation(id))
        return nil
    }

    @Test("first in, first out, and what is put back is first again")
    func order() {
        var queue = WorkQueue(countMax: 10, bytesMax: 1_000, budget: ByteBudget(bytesMax: 1_000))
        for id in ["a", "b", "c"] {
            #expect(put(id, in: &queue) == nil)
        }
        let first = queue.popFirst()
        #expect(first?.id == "a")
        queue.putBack(invocation("a"))
        #expect((0..<3).compactMap { _ in queue.popFirst()?.id } == ["a", "b", "c"])
        #expect(queue.popFirst() == nil)
    }

    @Test("a reservation takes room until it is cancelled or the work is taken out")
    func reservations() {
        var queue = WorkQueue(countMax: 2, bytesMax: 1_000, budget: ByteBudget(bytesMax: 1_000))
        #expect(queue.reserve(byteCount: 10) == nil)
        #expect(put("a", in: &queue) == nil)
        #expect(put("b", in: &queue) == "maxQueueSize 2")
        queue.cancel(byteCount: 10)
        #expect(put("b", in: &queue) == nil)
        _ = queue.popFirst()
        #expect(put("c", in: &queue) == nil)
    }

    @Test("bytes are bounded for one queue and for all of them")
    func bytes() {
        let budget = ByteBudget(bytesMax: 50)
        var one = WorkQueue(countMax: 100, bytesMax: 30, budget: budget)
        var other = WorkQueue(countMax: 100, bytesMax: 30, budget: budget)
        #expect((0..<3).allSatisfy { _ in put("x", in: &one) == nil })
        #expect(put("x", in: &one) == "30 bytes waiting for one function")
        #expect((0..<2).allSatisfy { _ in put("y", in: &other) == nil })
        #expect(put("y", in: &other) == "50 bytes waiting for all functions")
        _ = one.popFirst()
        #expect(put("y", in: &other) == nil)
    }
}
