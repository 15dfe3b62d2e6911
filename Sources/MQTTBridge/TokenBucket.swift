import NIOCore

/// Keeps what goes up below a rate: a second's worth may go at once, and what goes is paid for as time
/// passes.
///
/// Holds no clock.
struct TokenBucket {
    private let rate: PublishRate
    private var messages: Double
    private var bytes: Double
    private var filledAt: NIODeadline?

    /// Begins full.
    init(rate: PublishRate) {
        self.rate = rate
        self.messages = Double(rate.messagesPerSecond ?? 0)
        self.bytes = Double(rate.bytesPerSecond ?? 0)
    }

    /// When the next message may go; nil when it may go now.
    ///
    /// A message may go as soon as no earlier one is left to be paid for, so that one larger than a second's
    /// worth goes as well.
    mutating func nextTime(now: NIODeadline) -> NIODeadline? {
        self.fill(now)
        var wait = 0.0
        if let perSecond = self.rate.messagesPerSecond, self.messages < 1 {
            wait = (1 - self.messages) / Double(perSecond)
        }
        if let perSecond = self.rate.bytesPerSecond, self.bytes <= 0 {
            wait = max(wait, (1 - self.bytes) / Double(perSecond))
        }
        return wait > 0 ? now + .nanoseconds(Int64((wait * 1e9).rounded(.up))) : nil
    }

    /// A message of `byteCount` goes.
    mutating func take(byteCount: Int) {
        self.messages -= 1
        self.bytes -= Double(byteCount)
    }

    private mutating func fill(_ now: NIODeadline) {
        defer { self.filledAt = now }
        guard let filledAt = self.filledAt else { return }
        let seconds = Double((now - filledAt).nanoseconds) / 1e9
        if let perSecond = self.rate.messagesPerSecond {
            self.messages = min(Double(perSecond), self.messages + seconds * Double(perSecond))
        }
        if let perSecond = self.rate.bytesPerSecond {
            self.bytes = min(Double(perSecond), self.bytes + seconds * Double(perSecond))
        }
    }
}
