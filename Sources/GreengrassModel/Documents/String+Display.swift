extension StringProtocol {
    /// The text in double quotes, fit for one line of a log: control characters escaped, cut after 120
    /// characters.
    package var quoted: String {
        "\"\(shown)\""
    }

    /// The text as between the quotes of `quoted`.
    package var shown: String {
        let lengthMax = 120
        let shown = String(String.UnicodeScalarView(unicodeScalars.prefix(lengthMax)))
        return shown.escaped + (shown.utf8.count < utf8.count ? "…" : "")
    }

    /// The text with what would break or fake a line of a log, and double quotes, escaped.
    var escaped: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars
            default:
                if scalar == "\"" || scalar == "\\" { text.append("\\") }
                text.append(scalar)
            }
        }
        return String(text)
    }

    /// The key path of the value of `key` in the object at this key path; unusual keys stand in quotes.
    func keyPath(appending key: String) -> String {
        let isPlain = !key.isEmpty && key.isMade { $0.isLetter || $0.isNumber || "_-:$".contains($0) }
        let step = isPlain ? key : key.quoted
        return isEmpty ? step : "\(self).\(step)"
    }

    /// The one of `names` that the text is probably a slip of, or `nil`.
    func nearest(in names: some Sequence<String>) -> String? {
        // A name longer than any name of this world is no slip, and comparing costs the product of the
        // lengths.
        guard utf8.count <= 256 else { return nil }
        let text = lowercased()
        let distances = names.map { (name: $0, distance: text.editDistance(to: $0.lowercased())) }
        let best = distances.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= Swift.max(1, count / 3) else { return nil }
        return best.name
    }

    /// How many characters must be put in, taken out or exchanged to make one text of the other.
    private func editDistance(to other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (index, character) in enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let exchanged = diagonal + (character == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(exchanged, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
