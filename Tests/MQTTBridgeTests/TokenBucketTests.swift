import NIOCore
import Testing

@testable import MQTTBridge

@Suite("Token bucket")
struct TokenBucketTests {
    /// How many messages of `byteCount` go within `seconds` when there are always some.
    private func sent(_ rate: PublishRate, byteCount: Int, seconds: Int64) -> Int {
        var bucket = TokenBucket(rate: rate)
        var now = NIODeadline.uptimeNanoseconds(0)
        let end = now + .seconds(seconds)
        var count = 0
        while now <= end {
            if let next = bucket.nextTime(now: now) {
                #expect(next > now)
                now = next
            } else {
                bucket.take(byteCount: byteCount)
                count += 1
            }
        }
        return count
    }

    @Test("lets a second's worth go at once, and the rate after that")
    func messages() {
        let rate = PublishRate(messagesPerSecond: 100, bytesPerSecond: nil)
        #expect((1_099...1_101).contains(self.sent(rate, byteCount: 1_000_000, seconds: 10)))
    }

    @Test("counts bytes, and lets a message go that is larger than a second's worth")
    func bytes() {
        let rate = PublishRate(messagesPerSecond: nil, bytesPerSecond: 1_000)
        #expect((109...112).contains(self.sent(rate, byteCount: 100, seconds: 10)))
        #expect((3...5).contains(self.sent(rate, byteCount: 3_000, seconds: 10)))
    }

    @Test("keeps both limits")
    func both() {
        let rate = PublishRate(messagesPerSecond: 10, bytesPerSecond: 1_000)
        #expect((109...111).contains(self.sent(rate, byteCount: 1, seconds: 10)))
        #expect((21...24).contains(self.sent(rate, byteCount: 500, seconds: 10)))
    }

    @Test("gives nothing for time that runs backwards")
    func backwards() {
        var bucket = TokenBucket(rate: PublishRate(messagesPerSecond: 1, bytesPerSecond: 1))
        #expect(bucket.nextTime(now: .uptimeNanoseconds(1_000_000_000)) == nil)
        bucket.take(byteCount: 1)
        #expect(bucket.nextTime(now: .uptimeNanoseconds(0)) != nil)
    }
}
