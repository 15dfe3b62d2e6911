/// Why a row does not take what a source publishes, its topic aside.
enum SourceMismatch {
    /// The same function in another version.
    case version(FunctionARN, row: FunctionARN)
    /// A function of the same name in another region, account or partition.
    case place(FunctionARN, row: FunctionARN)
    /// Another function, or a bus.
    case other(ExplanationSource, row: ResolvedSource)

    /// `nil` when the sources are the same.
    init?(_ source: ExplanationSource, _ rowSource: ResolvedSource) {
        switch (source, rowSource) {
        case (.cloud, .cloud):
            return nil
        case (.function(let here), .function(let there)) where here.name == there.name:
            guard here != there else { return nil }
            self =
                here.unqualified == there.unqualified
                ? .version(here, row: there) : .place(here, row: there)
        default:
            self = .other(source, row: rowSource)
        }
    }

    /// How far off the source is, in levels of a topic.
    var distance: Int {
        switch self {
        case .version, .place: 1
        case .other: 2
        }
    }

    /// The reason; what publishes comes first.
    var reason: String {
        switch self {
        case .version(let here, let there):
            return "version \(here.qualifier ?? "none") ≠ \(there.qualifier ?? "none")"
        case .place(let here, let there):
            let parts = [
                ("region", here.region, there.region), ("account", here.accountID, there.accountID),
                ("partition", here.partition, there.partition),
            ]
            let differing = parts.filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1.quoted) ≠ \($0.2.quoted)" }
            return "a function of this name elsewhere (\(differing.joined(separator: ", ")))"
        case .other(.function(let here), .function(let there)):
            return "other source (\(here.shortened(beside: there)) ≠ \(there.shortened(beside: here)))"
        case .other(let here, let there):
            return "other source (\(here) ≠ \(there))"
        }
    }
}

extension FunctionARN {
    /// The ARN without what it has in common with another one, for reading side by side: `…:hello:1`.
    func shortened(beside other: FunctionARN) -> String {
        guard isInSameAccount(other) else { return description }
        return "…:\(name)" + (qualifier.map { ":\($0)" } ?? "")
    }

    /// Whether the ARNs differ in nothing that stands before the name.
    func isInSameAccount(_ other: FunctionARN) -> Bool {
        partition == other.partition && region == other.region && accountID == other.accountID
    }
}
