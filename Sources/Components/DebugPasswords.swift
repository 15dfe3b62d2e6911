internal import Broker
internal import NIOConcurrencyHelpers

/// Passwords for people who want to look into this device for a while.
///
/// Any thread may call it.
package final class DebugPasswords: Sendable {
    /// A password and its end.
    package struct Password: Sendable {
        /// 43 random letters and digits.
        package let text: String
        /// When it is none any more, in milliseconds since 1970.
        package let expiresAtMilliseconds: Int64
    }

    /// Who logs in with it.
    package static let userName = "debug"
    /// How long one is valid: the originals' eight hours.
    package static let lifeMilliseconds: Int64 = 8 * 60 * 60 * 1_000
    /// So many are valid at a time; a further one takes the place of the oldest.
    private static let countMax = 10
    private static let characterCount = 43
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    private let passwords = NIOLockedValueBox<[Password]>([])

    /// Makes one without passwords.
    package init() {}

    /// Makes a new password.
    package func create(atMilliseconds now: Int64 = WallClock.millisecondsSinceEpoch()) -> Password {
        var generator = SystemRandomNumberGenerator()
        let characters = (0..<Self.characterCount).map { _ in
            Self.alphabet[Int.random(in: Self.alphabet.indices, using: &generator)]
        }
        let password = Password(
            text: String(characters),
            expiresAtMilliseconds: now + Self.lifeMilliseconds
        )
        passwords.withLockedValue { passwords in
            passwords.append(password)
            passwords = passwords.suffix(Self.countMax)
        }
        return password
    }

    /// Whether `text` is a password that has not expired.
    ///
    /// The time of the answer tells nothing about how much of a guess was right.
    package func isValid(
        _ text: String,
        atMilliseconds now: Int64 = WallClock.millisecondsSinceEpoch()
    ) -> Bool {
        let guess = Array(text.utf8)
        guard guess.count == Self.characterCount else { return false }
        return passwords.withLockedValue { passwords in
            passwords.reduce(false) { isFound, password in
                let difference = zip(guess, password.text.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
                return isFound || difference == 0 && now < password.expiresAtMilliseconds
            }
        }
    }
}
