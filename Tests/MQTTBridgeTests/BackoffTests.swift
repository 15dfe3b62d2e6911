import Testing

@testable import MQTTBridge

@Suite("Backoff")
struct BackoffTests {
    /// Draws the largest value every time.
    private struct Largest: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    @Test("doubles its ceiling up to the maximum, and starts again after a reset")
    func ceilings() {
        var backoff = Backoff(minimum: .seconds(1), maximum: .seconds(5))
        var generator = Largest()
        func next() -> Int { Int((backoff.next(using: &generator) / .seconds(1)).rounded()) }
        #expect([next(), next(), next(), next(), next()] == [1, 2, 4, 5, 5])
        backoff.reset()
        #expect(next() == 1)
    }

    @Test("draws from the whole range")
    func jitter() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            var backoff = Backoff(minimum: .seconds(1), maximum: .seconds(5))
            let delay = backoff.next(using: &generator)
            #expect(delay >= .zero && delay <= .seconds(1))
        }
    }
}
