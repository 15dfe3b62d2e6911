/// A text that equals another only when it has the same bytes, as topics do; a `String` also equals what
/// merely looks the same.
struct ResourceText: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (one: ResourceText, other: ResourceText) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        text.utf8.span.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
