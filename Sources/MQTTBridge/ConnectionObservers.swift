import Broker

/// Who is told when the connection comes and goes.
struct ConnectionObservers {
    private var observers: [UInt64: @Sendable (Bool) -> Void] = [:]
    private var lastID: UInt64 = 0
    private var isConnected = false

    /// Adds an observer, and tells it how it is now.
    mutating func add(_ onChange: @escaping @Sendable (Bool) -> Void) -> UInt64 {
        self.lastID += 1
        self.observers[self.lastID] = onChange
        onChange(self.isConnected)
        return self.lastID
    }

    mutating func remove(_ id: UInt64) {
        self.observers[id] = nil
    }

    /// A link that subscribes to one more filter is `connecting`, and has its connection all the same.
    mutating func tell(_ state: CloudLinkState) {
        guard state != .connecting else { return }
        let isConnected = state == .connected
        guard isConnected != self.isConnected else { return }
        self.isConnected = isConnected
        for onChange in self.observers.values {
            onChange(isConnected)
        }
    }
}
