extension Explanation: CustomStringConvertible {
    /// The explanation for a terminal of 110 columns, on several lines.
    package var description: String {
        var page = TextPage()
        page.add(source.escaped, after: "source   ")
        page.add(topic.shown, after: "topic    ")
        page.add(basis == .files ? "files; no daemon was asked" : basis.rawValue, after: "basis    ")
        page.add(summary, after: outcome == .delivered ? "✓ " : "✗ ")
        for note in notes { page.add(note, after: "  note: ") }
        if !matches.isEmpty {
            page.add("")
            page.add("matches")
            for match in matches { add(match, to: &page) }
            if matchCount > matches.count { page.add("  … and \(matchCount - matches.count) more") }
        }
        if !nearest.isEmpty {
            page.add("")
            page.add(matches.isEmpty ? "nearest" : "nearest that do not match")
            for miss in nearest { add(miss, to: &page) }
        } else if matches.isEmpty {
            page.add("")
            page.add("nothing comes near it")
        }
        return page.lines.joined(separator: "\n")
    }

    private func add(_ match: Match, to page: inout TextPage) {
        let through = match.through.map { ", through row \($0.quoted)" } ?? ""
        let mark = match.target == "\(ResolvedTarget.localBus)" ? "→" : match.takes ? "✓" : "✗"
        add(mark, match.entry, "\(way(match.subject, match.target))\(through)", to: &page)
        if let problem = match.problem { page.add(problem, after: "      ") }
        for remark in match.remarks { page.add(remark, after: "      ") }
        if let fix = match.fix { page.add("to fix it: \(fix)", after: "      ") }
    }

    private func add(_ miss: Miss, to page: inout TextPage) {
        add("✗", miss.entry, way(miss.subject, miss.target), to: &page)
        page.add(miss.reason, after: "      ")
        page.add("to fix it: \(miss.fix)", after: "      ")
    }

    /// One line, or two when that is too long.
    private func add(_ mark: String, _ entry: Entry, _ way: String, to page: inout TextPage) {
        let name =
            switch entry {
            case .row(let id, let line): "\(id.quoted) (line \(line))"
            case .eventSource, .mapping: entry.name
            }
        let line = "  \(mark) \(name)  \(way)"
        if line.count <= TextPage.columnsMax {
            page.lines.append(line)
        } else {
            page.lines += ["  \(mark) \(name)", "      \(way)"]
        }
    }

    private func way(_ subject: String, _ target: String) -> String {
        guard let arn = try? FunctionARN(target), let commonARN else {
            return "\(subject.shown) → \(target.escaped)"
        }
        return "\(subject.shown) → \(arn.shortened(beside: commonARN))"
    }

    /// What ARNs are shortened by: the source's, which stands above, or that of all targets, if they are in
    /// one account.
    private var commonARN: FunctionARN? {
        if let arn = try? FunctionARN(source) { return arn }
        let arns = (matches.map(\.target) + nearest.map(\.target)).compactMap { try? FunctionARN($0) }
        guard let first = arns.first, arns.allSatisfy(first.isInSameAccount) else { return nil }
        return first
    }
}

/// Lines of text, broken between words.
private struct TextPage {
    static let columnsMax = 110

    var lines: [String] = []

    /// Adds `text` behind `start`, whose width indents what does not fit the first line.
    ///
    /// A word that is too long for any line stays whole.
    mutating func add(_ text: String, after start: String = "") {
        let indent = String(repeating: " ", count: start.count)
        var line = start
        var isEmpty = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !isEmpty, line.count + 1 + word.count > Self.columnsMax {
                lines.append(line)
                line = indent
                isEmpty = true
            }
            line += isEmpty ? String(word) : " \(word)"
            isEmpty = false
        }
        lines.append(line)
    }
}
