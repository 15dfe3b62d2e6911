import NIOConcurrencyHelpers

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let lock = ConditionLock(value: false)

    func wait() {
        self.lock.lock(whenValue: true)
        self.lock.unlock(withValue: true)
    }

    func open() {
        self.lock.lock()
        self.lock.unlock(withValue: true)
    }
}

/// Counts from one.
final class Counter: Sendable {
    private let value = NIOLockedValueBox(0)

    func next() -> Int {
        self.value.withLockedValue {
            $0 += 1
            return $0
        }
    }
}
