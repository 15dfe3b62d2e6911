/// Tells when a message is done with: handled, kept as a dead letter, or let go in any other way.
///
/// A message carries it through queues and repeated attempts. When the last copy of the message is gone, its
/// receipt goes, too. So nobody who holds a message needs to know of receipts.
public final class MessageReceipt: Sendable {
    private let isAwaitedNow: @Sendable () -> Bool
    private let onRelease: @Sendable () -> Void

    /// Makes a receipt.
    ///
    /// - Parameters:
    ///   - isAwaited: Whether whoever sent the message still keeps it; called on any thread.
    ///   - onRelease: Called once, on any thread.
    public init(isAwaited: @escaping @Sendable () -> Bool, onRelease: @escaping @Sendable () -> Void) {
        self.isAwaitedNow = isAwaited
        self.onRelease = onRelease
    }

    /// Whether whoever sent the message still keeps it, and sends it again if this process ends now.
    public var isAwaited: Bool { isAwaitedNow() }

    deinit {
        onRelease()
    }
}
