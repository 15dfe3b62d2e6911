internal import NIOConcurrencyHelpers

/// The tokens that processes hold, and who each belongs to.
///
/// A token is a selector and a verifier. The selector finds the entry and is no secret; the verifier is
/// compared in constant time, so that the time of an answer tells nothing about how much of a guess was
/// right.
package final class TokenTable: Sendable {
    private static let wordDigitCount = UInt64.bitWidth / 4
    /// 64 bits of selector keep entries apart.
    private static let selectorDigitCount = wordDigitCount
    /// 128 bits of verifier can't be guessed.
    private static let verifierDigitCount = 2 * wordDigitCount

    private struct Entry {
        let verifier: [UInt8]
        let identity: Identity
    }

    private let entries = NIOLockedValueBox<[String: Entry]>([:])

    /// Makes an empty table.
    package init() {}

    /// Issues a new random token for `identity`; it is valid until `revoke`.
    package func issue(for identity: Identity) -> String {
        var generator = SystemRandomNumberGenerator()
        let selector = Self.word(from: &generator)
        let verifier = Self.word(from: &generator) + Self.word(from: &generator)
        entries.withLockedValue { $0[selector] = Entry(verifier: Array(verifier.utf8), identity: identity) }
        return selector + verifier
    }

    /// Ends a token's life.
    ///
    /// A token that is not in the table is ignored.
    package func revoke(_ token: String) {
        entries.withLockedValue { $0[String(token.prefix(Self.selectorDigitCount))] = nil }
    }

    /// Who holds `token`; `nil` when nobody does.
    ///
    /// Any text may be asked for.
    package func identity(for token: String) -> Identity? {
        let bytes = token.utf8
        guard bytes.count == Self.selectorDigitCount + Self.verifierDigitCount else { return nil }
        let selector = String(token.prefix(Self.selectorDigitCount))
        guard let entry = entries.withLockedValue({ $0[selector] }) else { return nil }
        let verifier = bytes.dropFirst(Self.selectorDigitCount)
        guard verifier.count == entry.verifier.count else { return nil }
        let difference = zip(verifier, entry.verifier).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        return difference == 0 ? entry.identity : nil
    }

    private static func word(from generator: inout SystemRandomNumberGenerator) -> String {
        let digits = String(UInt64.random(in: 0...(.max), using: &generator), radix: 16, uppercase: true)
        return String(repeating: "0", count: wordDigitCount - digits.count) + digits
    }
}
