internal import Glibc

/// Times as logs write them.
package enum Timestamp {
    /// ISO 8601 in UTC with milliseconds, for example `2022-08-05T02:47:17.288Z`.
    package static func text(millisecondsSinceEpoch: Int64) -> String {
        let fields = calendar(millisecondsSinceEpoch)
        return [fields.year, fields.month, fields.day].joinedPadded(by: "-") + "T"
            + [fields.hour, fields.minute, fields.second].joinedPadded(by: ":")
            + "." + padded(Int(millisecondsSinceEpoch % 1_000), to: 3) + "Z"
    }

    /// The hour as rotated files are called, for example `2022_08_05_02`.
    package static func hour(millisecondsSinceEpoch: Int64) -> String {
        let fields = calendar(millisecondsSinceEpoch)
        return [fields.year, fields.month, fields.day, fields.hour].joinedPadded(by: "_")
    }

    private static func calendar(
        _ milliseconds: Int64
    ) -> (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return (
            Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday),
            Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)
        )
    }

    fileprivate static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension [Int] {
    fileprivate func joinedPadded(by separator: String) -> String {
        map { Timestamp.padded($0, to: 2) }.joined(separator: separator)
    }
}
