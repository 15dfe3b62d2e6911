/// Whether what is to survive a restart is on the disk.
package struct StoreStatus: Sendable, Equatable {
    /// Why it is not; `nil` while it is.
    package let problem: String?
    /// How many dead letters are still to be written: for a moment, or until a problem is over.
    package let unwrittenCount: Int
}
