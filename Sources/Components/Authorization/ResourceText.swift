internal import Glibc

/// A text that equals another only when it has the same bytes, as topics do; a `String` also equals what
/// merely looks the same.
struct ResourceText: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (one: ResourceText, other: ResourceText) -> Bool {
        let one = one.text.utf8.span
        let other = other.text.utf8.span
        guard one.count == other.count else { return false }
        return one.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                // An empty text has no address, and nothing to compare.
                guard let one = one.baseAddress, let start = other.baseAddress else { return true }
                return memcmp(one, start, other.count) == 0
            }
        }
    }

    func hash(into hasher: inout Hasher) {
        text.utf8.span.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
