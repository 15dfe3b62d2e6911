/// What becomes of a message, and why: the answer of `trellis explain`.
///
/// A value without a clock or a connection, made in the same way from the files and inside a daemon. As JSON,
/// its keys are called like its properties, and what is `nil` has no key. Sentences for people (`summary`,
/// `notes`, and in matches and misses `problem`, `fix`, `remarks` and `reason`) may change their words; they
/// have what comes from files quoted and escaped. The rest is as the files have it.
package struct Explanation: Codable, Hashable, Sendable {
    /// How many matches are listed; nobody reads more, and a table has thousands of rows.
    static let matchesMax = 20
    /// How many misses are worth reading.
    static let nearestMax = 5

    /// Where the knowledge comes from.
    package enum Basis: String, Codable, Sendable {
        /// The configuration and what it names; whether a daemon runs is not known.
        case files
        /// A running daemon: its table now, and the state of its functions and its link.
        case daemon
    }

    /// What becomes of the message.
    package enum Outcome: String, Codable, Sendable {
        /// Every target takes it.
        case delivered
        /// Some targets take it, and others can't.
        case partly
        /// Something matches, and no target can take it: it is kept as a dead letter, or waits for a BROKEN
        /// function.
        case notDelivered
        /// Nothing matches on a function's bus: the publish fails with the no-subscription error.
        case refused
        /// Nobody is there to get it, on a bus where that is a success.
        case nobodyListens
    }

    /// Where the knowledge comes from: `files` or `daemon`.
    package var basis: Basis
    /// Who publishes: the ARN with its version, `cloud` or `pubsub`.
    package var source: String
    /// What it is published on.
    package var topic: String
    /// What becomes of it: `delivered`, `partly`, `notDelivered`, `refused` or `nobodyListens`.
    package var outcome: Outcome
    /// The outcome in one sentence.
    package var summary: String
    /// The whole text of the error that the function gets, when the outcome is `refused`.
    package var error: String?
    /// What else is to be known, for example that the source is not deployed.
    package var notes: [String]
    /// How many rows, event sources and mappings match, listed or not.
    package var matchCount: Int
    /// How many targets they have, each counted once; `pubsub` is none, those who listen there are, and so is
    /// each mapping.
    package var targetCount: Int
    /// How many of these take the message.
    package var takingCount: Int
    /// What matches, in the order of the table; what is reached through a row to `pubsub` follows that row.
    ///
    /// At most twenty; if there are more, those with a problem come first.
    package var matches: [Match]
    /// What comes near and does not match, at most five, the nearest first.
    ///
    /// What leads to a target that gets the message anyway is left out. If all is delivered, only what misses
    /// by one thing is here.
    package var nearest: [Miss]
}
