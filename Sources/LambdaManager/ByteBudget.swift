internal import Synchronization

/// A number of bytes that many share, for example those that wait for all functions together.
package final class ByteBudget: Sendable {
    /// The most that may be taken, in bytes.
    let bytesMax: Int
    private let taken = Atomic<Int>(0)

    /// Makes a budget of which nothing is taken.
    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// Takes `byteCount`, unless that would be more than there is.
    package func take(_ byteCount: Int) -> Bool {
        let before = taken.add(byteCount, ordering: .relaxed).oldValue
        if before + byteCount <= bytesMax {
            return true
        }
        give(byteCount)
        return false
    }

    /// Takes `byteCount` even when that is more than there is.
    func takeAnyway(_ byteCount: Int) {
        taken.add(byteCount, ordering: .relaxed)
    }

    /// Gives back what was taken.
    package func give(_ byteCount: Int) {
        taken.subtract(byteCount, ordering: .relaxed)
    }
}
