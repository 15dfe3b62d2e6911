internal import NIOConcurrencyHelpers
internal import Synchronization

/// The events that came back after a restart and are not finished: each is kept on the disk until it is.
final class ResumedWork: Sendable {
    private struct Storage {
        var invocationIDs: Set<String> = []
        var onFinish: @Sendable (String) -> Void = { _ in }
    }

    private let storage = NIOLockedValueBox(Storage())
    /// So that everything else costs one load.
    private let count = Atomic<Int>(0)

    /// Tells `onFinish` when one of these is finished.
    func expect(_ invocationIDs: [String], onFinish: @escaping @Sendable (String) -> Void) {
        storage.withLockedValue { storage in
            storage.invocationIDs = Set(invocationIDs)
            storage.onFinish = onFinish
            count.store(storage.invocationIDs.count, ordering: .relaxed)
        }
    }

    /// An invocation was answered or given up.
    func didFinish(_ invocationID: String) {
        guard count.load(ordering: .relaxed) > 0 else { return }
        let onFinish: (@Sendable (String) -> Void)? = storage.withLockedValue { storage in
            guard storage.invocationIDs.remove(invocationID) != nil else { return nil }
            count.store(storage.invocationIDs.count, ordering: .relaxed)
            return storage.onFinish
        }
        onFinish?(invocationID)
    }
}
