/// What waits for the cloud, for those who want to look at it or clean it up.
public protocol Spool: Sendable {
    /// How it stands.
    var status: SpoolStatus { get }

    /// The messages with numbers above `number`, and whether each is on its way already: of the lowest at
    /// most `count`, and fewer where they are long; none only when there is none.
    func messages(after number: Int64, count: Int) async throws -> [(message: SpooledMessage, isSent: Bool)]

    /// The message with this number, or, without one, the next to be sent.
    ///
    /// - Returns: `nil` when there is none (any more).
    func message(_ number: Int64?) async throws -> (message: SpooledMessage, isSent: Bool)?

    /// Forgets the messages with these numbers, or, without numbers, every one that is not on its way.
    ///
    /// - Returns: How many there were.
    func purge(_ numbers: Set<Int64>?) -> Int
}

/// How a spool stands.
public struct SpoolStatus: Sendable, Equatable {
    /// Whether messages are kept in a file.
    public var isOnDisk: Bool
    /// Why the file can't be used now, if it can't.
    public var problem: String?
    /// How many messages wait or are on their way.
    public var messageCount: Int
    /// How many bytes of payload they have.
    public var byteCount: Int
    /// How many they may have.
    public var byteCountMax: Int
    /// How many messages outlived their time to live since the start.
    public var expiredCount: Int
    /// How many gave way to a later one of their topic since the start.
    public var supersededCount: Int

    /// Makes a status.
    public init(
        isOnDisk: Bool,
        problem: String?,
        messageCount: Int,
        byteCount: Int,
        byteCountMax: Int,
        expiredCount: Int,
        supersededCount: Int
    ) {
        self.isOnDisk = isOnDisk
        self.problem = problem
        self.messageCount = messageCount
        self.byteCount = byteCount
        self.byteCountMax = byteCountMax
        self.expiredCount = expiredCount
        self.supersededCount = supersededCount
    }
}
