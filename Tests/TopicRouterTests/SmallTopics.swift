/// Every topic and every filter that small alphabets allow.
enum SmallTopics {
    /// All texts of one to `levelCountMax` levels, the empty one aside.
    static func texts(first: [String], others: [String], levelCountMax: Int) -> [String] {
        var longest = first
        var texts = first
        for _ in 1..<levelCountMax {
            longest = longest.flatMap { text in others.map { "\(text)/\($0)" } }
            texts += longest
        }
        return texts.filter { !$0.isEmpty }
    }

    static func topics(letters: [String], levelCountMax: Int) -> [String] {
        texts(
            first: letters + [""] + letters.map { "$\($0)" },
            others: letters + [""],
            levelCountMax: levelCountMax
        )
    }

    /// All valid filters; `#` ends a text wherever it stands.
    static func filters(letters: [String], levelCountMax: Int) -> [String] {
        let levels = letters + ["", "+", "#"]
        return texts(first: levels + letters.map { "$\($0)" }, others: levels, levelCountMax: levelCountMax)
            .filter { !$0.contains("#/") }
    }
}
