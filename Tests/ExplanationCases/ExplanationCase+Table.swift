/// What the table and the topic decide.
extension ExplanationCase {
    static let table = [
        ExplanationCase(
            name: "a row for just this topic takes it",
            rows: [Row("a", arn("sensor"), "room/1/temperature", "cloud")],
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "a row with wildcards takes it",
            rows: [Row("a", "component:com.example.sensor", "room/+/#", arn("siren"))],
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "two rows lead to two targets",
            rows: [
                Row("a", arn("sensor"), "room/#", "cloud"),
                Row("b", arn("sensor"), "room/1/+", "component:com.example.siren"),
            ],
            answer: Answer(outcome: "delivered", matches: ["a", "b"])
        ),
        ExplanationCase(
            name: "overlapping rows to one target deliver once",
            rows: [
                Row("a", arn("sensor"), "room/#", arn("siren")), Row("b", arn("sensor"), "#", arn("siren")),
            ],
            answer: Answer(
                outcome: "delivered",
                matches: ["a", "b"],
                remark: #"the same target as that of row "a"; it gets the message once"#
            )
        ),
        ExplanationCase(
            name: "of rows that say the same, the first is there",
            rows: [
                Row("a", arn("sensor"), "#", "cloud"), Row("b", "component:com.example.sensor", "#", "cloud"),
            ],
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "a row of another function does not take it",
            rows: [Row("a", arn("siren"), "room/#", "cloud")],
            answer: Answer(
                outcome: "refused",
                note: "no row of the subscription table has this function as its source, in any version",
                nearest: ["a"],
                reason: "other source (…:sensor:1 ≠ …:siren:1)",
                nearestFix: "add a row like it with the source component:com.example.sensor"
            )
        ),
        ExplanationCase(
            name: "a row for what comes from the cloud does not take it",
            rows: [Row("a", "cloud", "room/#", arn("siren"))],
            answer: Answer(
                outcome: "refused",
                note: "no row of the subscription table has this function as its source, in any version",
                nearest: ["a"],
                reason: "other source (\(arn("sensor")) ≠ cloud)",
                nearestFix: "add a row like it with the source component:com.example.sensor"
            )
        ),
        ExplanationCase(
            name: "a row of another version does not take it",
            rows: [Row("a", arn("sensor", 2), "room/#", "cloud")],
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: "version 1 ≠ 2",
                nearestFix: "set its source to \(arn("sensor")), or to component:com.example.sensor, "
                    + "which needs no version"
            )
        ),
        ExplanationCase(
            name: "what else is wrong with a row of another version is mended as well",
            rows: [Row("a", arn("sensor", 2), "room/+/humidity", "cloud")],
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: "version 1 ≠ 2",
                nearestFix: "set its source to \(arn("sensor")), or to component:com.example.sensor, "
                    + #"which needs no version; and set its subject to "room/+/temperature", "#
                    + #"or publish on "room/1/humidity""#
            )
        ),
        ExplanationCase(
            name: "a row of a function of this name in another region does not take it",
            rows: [Row("a", "arn:aws:lambda:us-east-1:123456789012:function:sensor:1", "room/#", "cloud")],
            answer: Answer(
                outcome: "refused",
                note: "no row of the subscription table has this function as its source, in any version",
                nearest: ["a"],
                reason: #"a function of this name elsewhere (region "eu-central-1" ≠ "us-east-1")"#,
                nearestFix: "set its source to \(arn("sensor")), or to component:com.example.sensor, "
                    + "which needs no version"
            )
        ),
        ExplanationCase(
            name: "the source may be given by an alias",
            rows: [Row("a", arn("sensor", 3), "room/#", "cloud")],
            functions: [Function("sensor", version: 3, aliases: ["PROD": 3])],
            source: "arn:aws:lambda:eu-central-1:123456789012:function:sensor:PROD",
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "a row for a component takes from the version that is deployed",
            rows: [Row("a", "component:com.example.sensor", "room/#", "cloud")],
            functions: [Function("sensor", version: 7)],
            source: arn("sensor", 7),
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "a level differs",
            rows: [
                Row("far", arn("sensor"), "hall/+/humidity", "cloud"),
                Row("near", arn("sensor"), "room/+/humidity", "cloud"),
            ],
            answer: Answer(
                outcome: "refused",
                nearest: ["near", "far"],
                reason: #"level 3 differs ("temperature" ≠ "humidity")"#,
                nearestFix: #"set its subject to "room/+/temperature", or publish on "room/1/humidity""#
            )
        ),
        ExplanationCase(
            name: "the topic is too long",
            rows: [Row("a", arn("sensor"), "room/+", "cloud")],
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: "the topic is longer (3 levels, 2 allowed)",
                nearestFix: #"set its subject to "room/+/temperature", or publish on "room/1""#
            )
        ),
        ExplanationCase(
            name: "the topic is too short",
            rows: [Row("a", arn("sensor"), "room/+/temperature/celsius", "cloud")],
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: "the topic is shorter (3 of 4 levels)",
                nearestFix: #"set its subject to "room/+/temperature", "#
                    + #"or publish on "room/1/temperature/celsius""#
            )
        ),
        ExplanationCase(
            name: "nobody knows what a topic that is too short should have for a wildcard",
            rows: [Row("a", arn("sensor"), "room/+/temperature/+", "cloud")],
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: "the topic is shorter (3 of 4 levels)",
                nearestFix: #"set its subject to "room/+/temperature""#
            )
        ),
        ExplanationCase(
            name: "the topic begins with a slash",
            rows: [Row("a", arn("sensor"), "room/#", "cloud")],
            topic: "/room/1/temperature",
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: #"the topic begins with "/", and the filter does not"#,
                nearestFix: #"set its subject to "/room/#", or publish on "room/1/temperature""#
            )
        ),
        ExplanationCase(
            name: "a leading wildcard matches no topic with a dollar sign",
            rows: [Row("a", arn("sensor"), "+/things/#", "cloud")],
            topic: "$aws/things/x/shadow/update",
            answer: Answer(
                outcome: "refused",
                nearest: ["a"],
                reason: #"a leading wildcard does not match "$aws""#,
                nearestFix: ##"set its subject to "$aws/things/#""##
            )
        ),
        ExplanationCase(
            name: "nothing comes near",
            rows: [Row("a", arn("siren"), "door/#", "cloud")],
            answer: Answer(
                outcome: "refused",
                note: "no row of the subscription table has this function as its source, in any version"
            )
        ),
        ExplanationCase(
            name: "the table is empty",
            answer: Answer(
                outcome: "refused",
                note: "the subscription table is empty: no function can publish anything"
            )
        ),
        ExplanationCase(
            name: "at most five come near, in the order of the file where they are equally near",
            rows: (1...9).map { Row("r\($0)", arn("sensor"), "room/\($0 + 1)/temperature", "cloud") },
            answer: Answer(
                outcome: "refused",
                nearest: ["r1", "r2", "r3", "r4", "r5"],
                reason: #"level 2 differs ("1" ≠ "2")"#,
                nearestFix: #"set its subject to "room/1/temperature", or publish on "room/2/temperature""#
            )
        ),
        ExplanationCase(
            name: "of what is delivered, only what misses by one thing, and leads elsewhere, comes near",
            rows: [
                Row("a", arn("sensor"), "room/1/temperature", "cloud"),
                Row("one", arn("sensor"), "room/1/humidity", arn("siren")),
                Row("reached", arn("sensor"), "room/2/temperature", "cloud"),
                Row("two", arn("sensor"), "room/2/humidity", arn("siren")),
            ],
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                nearest: ["one"],
                reason: #"level 3 differs ("temperature" ≠ "humidity")"#,
                nearestFix: #"set its subject to "room/1/temperature", or publish on "room/1/humidity""#
            )
        ),
        ExplanationCase(
            name: "nobody can publish as a version that is not deployed",
            rows: [Row("a", arn("sensor", 2), "room/#", "cloud")],
            functions: [Function("sensor", version: 2)],
            source: arn("sensor"),
            answer: Answer(
                outcome: "refused",
                note: "nobody can publish as this function, which is not deployed: "
                    + "deployed is version 2 of it",
                nearest: ["a"],
                reason: "version 1 ≠ 2",
                nearestFix: "ask about \(arn("sensor", 2)), which is deployed"
            )
        ),
        ExplanationCase(
            name: "a row of a function that is not deployed matches all the same",
            rows: [Row("a", arn("ghost"), "room/#", "cloud")],
            source: arn("ghost"),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                note: "nobody can publish as this function, which is not deployed: "
                    + "no function of this name is deployed"
            )
        ),
    ]
}
