/// Exponential backoff with full jitter: each wait is drawn between nothing and a ceiling that doubles.
///
/// The whole range is drawn from, so that many devices that lost one broker don't come back in step.
struct Backoff {
    private let minimum: Duration
    private let maximum: Duration
    private var ceiling: Duration

    init(minimum: Duration, maximum: Duration) {
        self.minimum = minimum
        self.maximum = max(minimum, maximum)
        self.ceiling = minimum
    }

    /// The time to wait before the next attempt.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { self.ceiling = min(self.ceiling * 2, self.maximum) }
        return self.ceiling * Double.random(in: 0...1, using: &generator)
    }

    /// Starts from the smallest ceiling again.
    mutating func reset() {
        self.ceiling = self.minimum
    }
}
