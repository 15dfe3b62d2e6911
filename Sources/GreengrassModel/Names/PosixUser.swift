/// Who a process runs as, in the nucleus' words: `user:group`, `user` alone, or numbers in their place.
package struct PosixUser: Hashable, Sendable, CustomStringConvertible {
    /// Linux takes names of up to 32 characters.
    private static let lengthMax = 32
    private static let allowed =
        "a posixUser is a user's name or number, or user:group, for example ggc_user:ggc_group"

    /// The user's name or number.
    package let user: String
    /// The group's name or number; `nil`: the user's primary one.
    package let group: String?

    /// Splits a text; `nil` when it is no such user.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let areNames = parts.allSatisfy { part in
            (1...Self.lengthMax).contains(part.utf8.count) && part.first != "-"
                && part.isMade { $0.isLetter || $0.isNumber || "._-$".contains($0) }
        }
        guard (1...2).contains(parts.count), areNames else { return nil }
        user = parts[0]
        group = parts.count == 2 ? parts[1] : nil
    }

    /// The user as it is written.
    package var description: String {
        group.map { "\(user):\($0)" } ?? user
    }

    /// The user in `{"posixUser": TEXT}`.
    static func read(_ node: DocumentNode?) -> PosixUser? {
        guard var object = node?.object() else { return nil }
        let userNode = object.required("posixUser")
        object.warnOfUnknownKeys()
        guard let userNode, let text = userNode.string() else { return nil }
        let user = PosixUser(text)
        if user == nil { userNode.reject(allowed) }
        return user
    }
}
