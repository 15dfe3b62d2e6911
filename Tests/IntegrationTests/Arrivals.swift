/// Topics and numbers of messages, in the order in which they came.
struct Arrivals {
    let messages: Set<String>
    let duplicateCount: Int
    /// Those that came for the first time after a later one of their topic.
    let late: [String]

    init(_ lines: [String]) {
        var messages: Set<String> = []
        var last: [Substring: Int] = [:]
        var late: [String] = []
        for line in lines where messages.insert(line).inserted {
            let words = line.split(separator: " ")
            guard words.count == 2, let number = Int(words[1]), number > last[words[0]] ?? -1 else {
                late.append(line)
                continue
            }
            last[words[0]] = number
        }
        self.messages = messages
        self.late = late
        duplicateCount = lines.count - messages.count
    }
}
