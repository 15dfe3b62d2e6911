package import Broker
import Store

/// What waits, for people.
extension MQTTBridge: Spool {
    /// How the spool stands.
    package var status: SpoolStatus {
        var status = self.context.state.withSpool(\.status)
        status.problem = self.spoolProblem ?? status.problem
        return status
    }

    /// The messages with numbers above `number`: of the lowest at most `count`, and fewer if
    /// they are long.
    package func messages(
        after number: Int64,
        count: Int
    ) async throws -> [(message: SpooledMessage, isSent: Bool)] {
        var number = number
        while true {
            let glances = self.context.state.withSpool { $0.page(after: number, count: count) }
            let found = try await self.found(glances)
            // When all of a page are gone before they are read, there may be others behind them.
            guard found.isEmpty, let last = glances.last else { return found }
            number = last.position
        }
    }

    /// The message with this number, or without one the next to be sent.
    package func message(_ number: Int64?) async throws -> (message: SpooledMessage, isSent: Bool)? {
        let glance = self.context.state.withSpool { spool in
            number.map { spool.page(after: $0 - 1, count: 1).filter { $0.position == number } }
                ?? spool.next
        }
        return try await self.found(glance).first
    }

    /// Forgets the messages with these numbers, or, without numbers, every one that is not on its way.
    package func purge(_ numbers: Set<Int64>?) -> Int {
        self.context.state.withSpool { $0.purge(numbers) }
    }

    /// What was seen, with what of it is in the file only.
    private func found(_ glances: [UplinkSpool.Glance]) async throws -> [(SpooledMessage, isSent: Bool)] {
        let absent = glances.filter { $0.body == nil }.map(\.position)
        let stored = Dictionary(
            try await self.context.state.storedMessages(at: absent).map { ($0.position, $0) }
        ) { first, _ in first }
        return glances.compactMap { glance in
            (glance.body ?? stored[glance.position]).map { ($0, glance.isSent) }
        }
    }
}
