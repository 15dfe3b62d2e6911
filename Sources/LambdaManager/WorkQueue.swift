internal import NIOCore

/// The work that waits for one function: first in, first out, bounded in messages and in bytes.
///
/// A value without locks; whoever owns it synchronises it. Work is put in in two steps, `reserve` and
/// `append`, as the broker asks.
struct WorkQueue {
    /// How many invocations may wait: `maxQueueSize`.
    var countMax: Int
    /// How many bytes may wait: payloads with their topics or client contexts.
    let bytesMax: Int

    private let budget: ByteBudget
    private var waiting = CircularBuffer<Invocation>()
    private var reservedCount = 0
    private var takenBytes = 0

    init(countMax: Int, bytesMax: Int, budget: ByteBudget) {
        self.countMax = countMax
        self.bytesMax = bytesMax
        self.budget = budget
    }

    /// How many invocations wait, reservations not counted.
    var count: Int { waiting.count }

    /// Keeps room for one invocation of `byteCount`.
    ///
    /// - Returns: The limit that is exhausted, in words; `nil` when there is room.
    mutating func reserve(byteCount: Int) -> String? {
        if let limit = exhaustedLimit(byteCount: byteCount) { return limit }
        guard budget.take(byteCount) else { return "\(budget.bytesMax) bytes waiting for all functions" }
        reservedCount += 1
        takenBytes += byteCount
        return nil
    }

    /// The function's own limit that an invocation of `byteCount` would exceed, in words.
    func exhaustedLimit(byteCount: Int) -> String? {
        if waiting.count + reservedCount >= countMax { return "maxQueueSize \(countMax)" }
        return takenBytes + byteCount > bytesMax ? "\(bytesMax) bytes waiting for one function" : nil
    }

    /// Gives back what `reserve` kept.
    mutating func cancel(byteCount: Int) {
        reservedCount -= 1
        release(byteCount)
    }

    /// Puts an invocation at the end, in the room that `reserve` kept for it.
    mutating func append(_ invocation: Invocation) {
        reservedCount -= 1
        waiting.append(invocation)
    }

    /// Puts an invocation that was taken out back to the head, whether or not there is room: it was accepted
    /// once.
    mutating func putBack(_ invocation: Invocation) {
        budget.takeAnyway(invocation.byteCount)
        takenBytes += invocation.byteCount
        waiting.prepend(invocation)
    }

    /// Takes the first invocation out.
    mutating func popFirst() -> Invocation? {
        guard let invocation = waiting.popFirst() else { return nil }
        release(invocation.byteCount)
        return invocation
    }

    /// Takes out what satisfies `condition`, in its order.
    mutating func removeAll(where condition: (Invocation) -> Bool) -> [Invocation] {
        let removed = Array(waiting.filter(condition))
        waiting.removeAll(where: condition)
        release(removed.reduce(0) { $0 + $1.byteCount })
        return removed
    }

    private mutating func release(_ byteCount: Int) {
        takenBytes -= byteCount
        budget.give(byteCount)
    }
}
