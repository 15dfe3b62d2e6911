extension Explanation {
    /// A row, an event source or a mapping that matches.
    package struct Match: Codable, Hashable, Sendable {
        /// The row, event source or mapping.
        package var entry: Entry
        /// The topic filter that matches.
        package var subject: String
        /// Where the message goes: `cloud`, `pubsub`, the function's ARN, or what a mapping's file calls its
        /// target.
        package var target: String
        /// For an event source or a mapping that the message reaches through a row to `pubsub`: the id of
        /// that row.
        package var through: String?
        /// Whether the target can take the message now.
        ///
        /// A link that is down takes it, as it keeps what is to go up; a BROKEN function does not, though
        /// its queue does. `pubsub` takes everything.
        package var takes: Bool
        /// Why the target can't take it; `nil` when it can.
        package var problem: String?
        /// What to do about the problem; `nil` when there is none.
        package var fix: String?
        /// What else is to be known, for example that the message waits for the link.
        package var remarks: [String]
    }
}
