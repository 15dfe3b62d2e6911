/// Tells when a message is done with: handled, kept as a dead letter, or let go in any other way.
///
/// A message carries it through queues and repeated attempts. When the last copy of the message is gone, its
/// receipt goes, too. So nobody who holds a message needs to know of receipts.
public final class MessageReceipt: Sendable {
    private let onRelease: @Sendable () -> Void

    /// Makes a receipt; `onRelease` is called once, on any thread.
    public init(onRelease: @escaping @Sendable () -> Void) {
        self.onRelease = onRelease
    }

    deinit {
        onRelease()
    }
}
