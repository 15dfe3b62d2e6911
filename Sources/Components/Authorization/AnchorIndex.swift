internal import GreengrassModel

/// Globs by the literal that they begin with, or by the one that they end with.
///
/// The literals are sorted, and each knows the longest other one that begins it. A text is looked for once;
/// from there the literals that it begins with are a chain. So a thousand globs cost no more than those that
/// have their literal in common with the text.
struct AnchorIndex {
    /// Which end of the text the literals are anchored at.
    enum Side {
        case start
        case end
    }

    private struct Entry {
        let anchor: [UInt8]
        /// The longest entry that begins this one.
        let parent: Int?
        let globs: [ResourceGlob]
    }

    private let side: Side
    private var entries: [Entry] = []

    init(_ globs: [ResourceGlob], side: Side) {
        self.side = side
        let byAnchor = Dictionary(grouping: globs) { Self.anchor(of: $0, side) }
        var beginnings: [Int] = []
        for (anchor, globs) in byAnchor.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            while let last = beginnings.last, !anchor.starts(with: entries[last].anchor) {
                beginnings.removeLast()
            }
            entries.append(Entry(anchor: anchor, parent: beginnings.last, globs: globs))
            beginnings.append(entries.count - 1)
        }
    }

    /// The literal of a glob at one of its ends, read from that end on.
    static func anchor(of glob: ResourceGlob, _ side: Side) -> [UInt8] {
        switch side {
        case .start:
            guard case .literal(let literal)? = glob.segments.first?.first else { return [] }
            return literal.bytes
        case .end:
            guard case .literal(let literal)? = glob.segments.last?.last else { return [] }
            return literal.bytes.reversed()
        }
    }

    /// Whether a glob matches `text`.
    func matches(_ text: Span<UInt8>) -> Bool {
        // The last entry that does not come after the text.
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if isAfter(entries[middle].anchor, text) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        guard low > 0 else { return false }
        let common = commonCount(entries[low - 1].anchor, text)
        var next: Int? = low - 1
        while let index = next {
            let entry = entries[index]
            if entry.anchor.count <= common, entry.globs.contains(where: { $0.matches(text) }) { return true }
            next = entry.parent
        }
        return false
    }

    private func isAfter(_ anchor: [UInt8], _ text: Span<UInt8>) -> Bool {
        let common = commonCount(anchor, text)
        guard common < anchor.count else { return false }
        return common == text.count || anchor[common] > byte(common, of: text)
    }

    private func commonCount(_ anchor: [UInt8], _ text: Span<UInt8>) -> Int {
        let most = min(anchor.count, text.count)
        var count = 0
        while count < most, anchor[count] == byte(count, of: text) { count += 1 }
        return count
    }

    private func byte(_ index: Int, of text: Span<UInt8>) -> UInt8 {
        side == .start ? text[index] : text[text.count - 1 - index]
    }
}
