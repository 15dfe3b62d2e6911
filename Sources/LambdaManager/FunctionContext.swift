internal import Broker
internal import Components
internal import Logging
internal import NIOConcurrencyHelpers

/// What every function shares.
final class FunctionContext: Sendable {
    let broker: Broker
    let tokens: TokenTable
    let results: InvocationResults
    let budget: ByteBudget
    /// How many bytes may wait for one function.
    let queueBytesMax: Int
    /// Set before the first start.
    let environment = NIOLockedValueBox<FunctionEnvironment?>(nil)
    let starter: any ProcessStarter
    let resumed = ResumedWork()
    let logger: Logger

    init(
        broker: Broker,
        tokens: TokenTable,
        results: InvocationResults,
        budget: ByteBudget,
        queueBytesMax: Int,
        starter: any ProcessStarter,
        logger: Logger
    ) {
        self.broker = broker
        self.tokens = tokens
        self.results = results
        self.budget = budget
        self.queueBytesMax = queueBytesMax
        self.starter = starter
        self.logger = logger
    }

    /// A new invocation's id.
    func makeInvocationID() -> String {
        InvocationID.random()
    }
}
