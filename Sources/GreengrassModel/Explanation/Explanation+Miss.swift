extension Explanation {
    /// A row or an event source that comes near and does not match.
    package struct Miss: Codable, Hashable, Sendable {
        /// The row or event source.
        package var entry: Entry
        /// Its topic filter.
        package var subject: String
        /// Where it leads: `cloud`, `pubsub`, or the function's ARN.
        package var target: String
        /// The first reason why it does not match, what the message has before what the file has.
        package var reason: String
        /// What would make it match.
        package var fix: String
    }
}
