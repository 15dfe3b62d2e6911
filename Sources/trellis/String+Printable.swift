extension String {
    /// The text with every control character but the line end shown as an escape, so that what a function or
    /// the cloud sends can't steer the terminal.
    var printable: String {
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar != "\n", scalar.properties.generalCategory == .control {
                shown += "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }

    /// The ``printable`` text with all lines but the first indented: none passes for a record of its own.
    var printableRecord: String {
        printable.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n    ")
    }
}
