internal import GreengrassModel

/// All resources that one principal may do one thing to.
struct ResourceSet {
    private let exact: Set<ResourceText>
    private let byStart: AnchorIndex
    private let byEnd: AnchorIndex

    init(_ patterns: [ResourcePattern]) {
        let globs = patterns.flatMap(\.globs)
        exact = Set(
            globs.compactMap(\.onlyText).map { ResourceText(String(decoding: $0, as: UTF8.self)) }
        )
        let wild = Set(globs.filter { $0.onlyText == nil })
        // Each goes where it has fewer like it: `line/*/state` by its end where all begin with `line/`.
        let starts = Self.counts(wild, .start)
        let ends = Self.counts(wild, .end)
        let isByEnd = { (glob: ResourceGlob) in
            ends[AnchorIndex.anchor(of: glob, .end), default: 0]
                < starts[AnchorIndex.anchor(of: glob, .start), default: 0]
        }
        byStart = AnchorIndex(wild.filter { !isByEnd($0) }, side: .start)
        byEnd = AnchorIndex(wild.filter(isByEnd), side: .end)
    }

    private static func counts(_ globs: Set<ResourceGlob>, _ side: AnchorIndex.Side) -> [[UInt8]: Int] {
        globs.reduce(into: [:]) { $0[AnchorIndex.anchor(of: $1, side), default: 0] += 1 }
    }

    /// Whether a pattern matches `resource`.
    func contains(_ resource: String) -> Bool {
        if exact.contains(ResourceText(resource)) { return true }
        let text = resource.utf8.span
        return byStart.matches(text) || byEnd.matches(text)
    }
}
