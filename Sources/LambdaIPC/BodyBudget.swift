internal import Synchronization

/// The bytes of all bodies that are being received: a body is held until it is whole.
final class BodyBudget: Sendable {
    private let bytesMax: Int
    private let taken = Atomic<Int>(0)

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// Takes `byteCount`, unless that would be more than there is.
    func take(_ byteCount: Int) -> Bool {
        let before = taken.add(byteCount, ordering: .relaxed).oldValue
        if before + byteCount <= bytesMax {
            return true
        }
        give(byteCount)
        return false
    }

    /// Gives back what was taken.
    func give(_ byteCount: Int) {
        taken.subtract(byteCount, ordering: .relaxed)
    }
}
