/// Keeps dead letters beyond the life of the process.
///
/// `keep` and `forget` are called on the threads that publish, under a lock: they take note and return at
/// once. What they are told is bounded by the broker's limits, since every letter that makes room for a newer
/// one is forgotten.
public protocol DeadLetterStore: Sendable {
    /// What was kept before the start, by ascending numbers, and the last number that was ever given.
    ///
    /// Called once, by the broker's initialiser.
    func restore() -> (letters: [DeadLetter], lastNumber: UInt64)

    /// This letter is kept from now on.
    func keep(_ letter: DeadLetter)

    /// The letter of this number is kept no longer.
    func forget(_ number: UInt64)
}
