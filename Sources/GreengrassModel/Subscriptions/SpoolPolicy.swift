/// What becomes of a message while it waits for the cloud: the object `spool` of a row with the target
/// `cloud`.
public struct SpoolPolicy: Hashable, Sendable {
    /// What a message that finds the spool full does.
    public enum FullRule: String, Sendable {
        /// It takes the room of the oldest waiting messages that are under this rule too.
        case dropOldest = "oldest"
        /// It is dropped itself, and its publisher is told of success.
        case dropNewest = "newest"
        /// It is refused.
        case refuse = "refuse"
    }

    /// The priorities that there are, higher first: those of the Java Message Service.
    public static let priorities = 0...9
    /// The priority of what says none.
    public static let defaultPriority = 4
    /// The longest `ttl`, in seconds: what MQTT 5 can say of a message's life.
    public static let timeToLiveMax = 4_294_967_295

    /// After so many seconds of waiting the message is worth nothing any more; `nil`: never.
    public var timeToLive: Int?
    /// Which of those that wait go first.
    public var priority: Int
    /// What a message that finds no room does.
    public var whenFull: FullRule
    /// Whether a message takes the place of one that waits with the same topic.
    public var keepsLatestOnly: Bool

    /// Makes a policy; the defaults are those of a row that says nothing.
    public init(
        timeToLive: Int? = nil,
        priority: Int = Self.defaultPriority,
        whenFull: FullRule = .refuse,
        keepsLatestOnly: Bool = false
    ) {
        self.timeToLive = timeToLive
        self.priority = priority
        self.whenFull = whenFull
        self.keepsLatestOnly = keepsLatestOnly
    }
}

extension SpoolPolicy: CustomStringConvertible {
    /// What the policy says besides the defaults, in the words of the file.
    public var description: String {
        let words = [
            timeToLive.map { "ttl \($0)" }, priority == Self.defaultPriority ? nil : "priority \(priority)",
            whenFull == .refuse ? nil : "drop \(whenFull.rawValue)", keepsLatestOnly ? "keep latest" : nil,
        ]
        return words.compactMap(\.self).joined(separator: ", ")
    }
}
