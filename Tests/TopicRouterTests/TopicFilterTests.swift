import Testing
import TopicRouter

@Suite("Topic filters")
struct TopicFilterTests {
    struct Case: CustomTestStringConvertible {
        let filter: String
        let matching: [String]
        let other: [String]
        var testDescription: String { filter }
    }

    /// The examples of MQTT 4.7, and the cases that they leave open.
    static let cases = [
        Case(
            filter: "sport/tennis/player1/#",
            matching: [
                "sport/tennis/player1", "sport/tennis/player1/ranking",
                "sport/tennis/player1/score/wimbledon",
                "sport/tennis/player1/",
            ],
            other: ["sport/tennis", "sport/tennis/player2", "sport/tennis/player11", "Sport/tennis/player1"]
        ),
        Case(filter: "sport/#", matching: ["sport", "sport/", "sport/a"], other: ["sports", "/sport"]),
        Case(filter: "#", matching: ["a", "/", "a/b/c", "/finance"], other: ["$SYS", "$SYS/a", "$"]),
        Case(
            filter: "sport/tennis/+",
            matching: ["sport/tennis/player1", "sport/tennis/player2", "sport/tennis/"],
            other: ["sport/tennis/player1/ranking", "sport/tennis"]
        ),
        Case(filter: "sport/+", matching: ["sport/", "sport/a"], other: ["sport", "sport/a/b", "sport/a/"]),
        Case(filter: "+", matching: ["finance"], other: ["/finance", "finance/", "$SYS"]),
        Case(
            filter: "+/+",
            matching: ["/finance", "finance/", "/", "a/b"],
            other: ["a", "a/b/c", "$SYS/a"]
        ),
        Case(filter: "/+", matching: ["/finance", "/", "/$SYS"], other: ["finance", "//"]),
        Case(filter: "+/tennis/#", matching: ["a/tennis", "/tennis/b"], other: ["tennis", "$a/tennis/b"]),
        Case(
            filter: "sport/+/player1",
            matching: ["sport/tennis/player1", "sport//player1"],
            other: ["sport/player1"]
        ),
        Case(filter: "+/monitor/Clients", matching: ["a/monitor/Clients"], other: ["$SYS/monitor/Clients"]),
        Case(
            filter: "$SYS/#",
            matching: ["$SYS", "$SYS/", "$SYS/a/b"],
            other: ["SYS", "$SYSTEM", "a/$SYS"]
        ),
        Case(filter: "$SYS/monitor/+", matching: ["$SYS/monitor/Clients"], other: ["$SYS/monitor"]),
        Case(filter: "a/+", matching: ["a/$SYS"], other: ["$a/b"]),
        Case(filter: "/#", matching: ["/", "/a", "//", "/a/b"], other: ["a", "a/"]),
        Case(filter: "a//b", matching: ["a//b"], other: ["a/b", "a///b", "a//b/"]),
        Case(filter: "ACCOUNTS", matching: ["ACCOUNTS"], other: ["Accounts", "/ACCOUNTS", "ACCOUNTS/"]),
        Case(filter: "$share/g/x", matching: ["$share/g/x"], other: ["x"]),
    ]

    @Test("match as MQTT 4.7 says", arguments: cases)
    func specification(test: Case) throws {
        let filter = try TopicFilter(test.filter)
        for topic in test.matching {
            #expect(filter.matches(try TopicName(topic)), "\(topic)")
        }
        for topic in test.other {
            #expect(!filter.matches(try TopicName(topic)), "\(topic)")
        }
    }

    @Test(
        "cover others, wholly or not at all",
        arguments: [
            ("#", "a", true), ("#", "+/#", true), ("+/#", "#", true), ("#", "/#", true), ("#", "$x/#", false),
            ("#", "$x", false), ("+", "$x", false), ("$x/#", "$x/+", true), ("$x/#", "#", false),
            ("a/#", "a", true), ("a/#", "a/+/b", true), ("a/+/#", "a/#", false), ("a/+", "a/#", false),
            ("a/+", "a/b", true), ("a/b", "a/+", false), ("+/b", "a/+", false), ("a", "a", true),
            ("/+/#", "/#", true), ("+/+/#", "/#", true), ("+/+/#", "+/#", false),
        ]
    )
    func covering(filter: String, other: String, isCovered: Bool) throws {
        #expect(try TopicFilter(filter).covers(TopicFilter(other)) == isCovered)
    }

    @Test(
        "overlap if some topic matches both",
        arguments: [
            ("a/+", "+/b", true), ("a/#", "+/b", true), ("a/#", "a", true), ("a/+", "b/+", false),
            ("a/+", "a", false),
            ("#", "$x", false), ("+/x", "$x/x", false), ("$x/#", "$x/+", true), ("#", "+", true),
            ("+", "/#", false),
            ("a/b/#", "a/#", true), ("a/b/c", "a/+/d", false),
        ]
    )
    func overlapping(filter: String, other: String, isOverlapping: Bool) throws {
        #expect(try TopicFilter(filter).overlaps(TopicFilter(other)) == isOverlapping)
        #expect(try TopicFilter(other).overlaps(TopicFilter(filter)) == isOverlapping)
    }
}
