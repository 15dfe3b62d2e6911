internal import BenchmarkSupport

/// Filters to load an engine with, topics to match against them, and what is to be found.
struct Workload {
    let name: String
    /// The names of files in the folder of workloads.
    let filters: String
    let topics: String
    /// The subscriptions that come and go while nothing is matched, if that is what is measured.
    let churn: String?

    init(_ name: String) {
        let base = name.prefix { $0 != "." }
        self.name = name
        filters = (["w2z", "w4", "w5"].contains(base) ? "w2" : base) + ".filters"
        topics =
            switch name {
            case "w2z": "w2.zipf"
            case "w5": "w2.topics"
            case _ where base.count < name.count: name
            default: name + ".topics"
            }
        churn = name == "w5" ? "w5.churn" : nil
    }

    /// How often the topics follow one another in a pass: enough that a pass is much longer than reading a
    /// clock.
    var repetitions: Int { name == "w3" ? 1_000 : 1 }

    /// What one pass over the topics must find; the line numbers of filters are the ids of subscribers.
    func expectedTally(in folder: String) throws -> Tally {
        // The table of w5 is that of w2, before and after.
        let row = name == "w5" ? "w2" : name
        let oracle = try Lines(file: folder + "/oracle.csv")
        for number in 0..<oracle.count {
            let fields = String(decoding: oracle[number], as: UTF8.self).split(separator: ",")
            guard fields.first == row[...], let matchCount = Int(fields[3]), let idSum = UInt64(fields[4])
            else { continue }
            return Tally(
                matchCount: matchCount * repetitions,
                idSum: idSum * UInt64(repetitions)
            )
        }
        throw BenchmarkError("the oracle knows no workload \(row)")
    }

    func check(_ engine: String, found: Tally, expected: Tally) throws {
        guard found == expected else {
            throw BenchmarkError("\(name): \(engine) finds \(found) and should find \(expected)")
        }
    }
}
