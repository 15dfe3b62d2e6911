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
        guard budget.take(byteCount) else { return totalLimit }
        reservedCount += 1
        takenBytes += byteCount
        return nil
    }

    /// The function's own limit that an invocation of `byteCount` would exceed, in words.
    func exhaustedLimit(byteCount: Int) -> String? {
        if waiting.count + reservedCount >= countMax { return countLimit }
        return takenBytes + byteCount > bytesMax ? bytesLimit : nil
    }

    private var countLimit: String { "maxQueueSize \(countMax)" }
    private var bytesLimit: String { "\(bytesMax) bytes waiting for one function" }
    private var totalLimit: String { "\(budget.bytesMax) bytes waiting for all functions" }

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

    /// Puts an invocation that was accepted before a restart at the end.
    ///
    /// - Parameters:
    ///   - invocation: What was accepted.
    ///   - servedCountMax: As many more than may wait may come back: those that instances had in hand.
    /// - Returns: The limit that is exhausted, in words; `nil` when there was room.
    mutating func resume(_ invocation: Invocation, beyond servedCountMax: Int) -> String? {
        guard waiting.count + reservedCount < countMax + servedCountMax else { return countLimit }
        guard takenBytes < bytesMax else { return bytesLimit }
        guard budget.take(invocation.byteCount) else { return totalLimit }
        takenBytes += invocation.byteCount
        waiting.append(invocation)
        return nil
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
