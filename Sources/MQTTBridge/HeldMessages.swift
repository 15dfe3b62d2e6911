import Broker
import Synchronization

/// Counts messages that came down, are acknowledged late, and are not done with yet.
///
/// It takes no lock: the last copy of a message, and its receipt with it, may go under anybody's.
final class HeldMessages: Sendable {
    private let count = Atomic<Int>(0)
    /// How often messages were acknowledged that were held.
    private let turn = Atomic<Int>(0)
    private let wakeup: Wakeup

    /// - Parameter wakeup: Is rung when the last message is done with.
    init(wakeup: Wakeup) {
        self.wakeup = wakeup
    }

    var isEmpty: Bool { self.count.load(ordering: .acquiring) == 0 }

    /// A receipt for one message more: until it is gone the message is held.
    func makeReceipt() -> MessageReceipt {
        self.count.add(1, ordering: .relaxed)
        let turn = self.turn.load(ordering: .acquiring)
        return MessageReceipt(
            isAwaited: { self.turn.load(ordering: .acquiring) == turn },
            onRelease: {
                let (_, left) = self.count.subtract(1, ordering: .acquiringAndReleasing)
                if left == 0 { self.wakeup.ring() }
            }
        )
    }

    /// What is held is acknowledged now, though it is not done with: the broker forgets it.
    func giveUp() {
        self.turn.add(1, ordering: .releasing)
    }
}
