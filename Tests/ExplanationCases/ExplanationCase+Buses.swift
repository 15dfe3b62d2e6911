/// What the buses decide: the local one, the cloud's, and which event sources are on them.
extension ExplanationCase {
    private static let toBus = Row("bus", arn("sensor"), "room/#", "pubsub")

    private static func functions(_ type: String, _ topic: String) -> [Function] {
        [Function("sensor"), Function("siren", eventSources: [(type, topic)])]
    }

    static let buses = [
        ExplanationCase(
            name: "a row to pubsub goes on to who listens there",
            rows: [toBus, Row("a", arn("sensor"), "#", "cloud")],
            functions: functions("PUB_SUB", "room/+/temperature"),
            answer: Answer(outcome: "delivered", matches: ["bus", "PUB_SUB com.example.siren", "a"])
        ),
        ExplanationCase(
            name: "who listens on the local bus and is a row's target too gets the message once",
            rows: [
                toBus, Row("direct", arn("sensor"), "room/#", arn("siren")),
                Row("again", arn("sensor"), "room/1/#", "pubsub"),
            ],
            functions: functions("PUB_SUB", "#"),
            answer: Answer(
                outcome: "delivered",
                matches: ["bus", "PUB_SUB com.example.siren", "direct", "again"],
                remark: #"the same target as that of event source PUB_SUB of "com.example.siren"; "#
                    + "it gets the message once"
            )
        ),
        ExplanationCase(
            name: "a row to pubsub where nobody listens",
            rows: [toBus],
            answer: Answer(
                outcome: "nobodyListens",
                matches: ["bus"],
                remark: "nobody listens on the local bus for it"
            )
        ),
        ExplanationCase(
            name: "a row to pubsub where somebody listens for another topic",
            rows: [toBus],
            functions: functions("PUB_SUB", "room/+/humidity"),
            answer: Answer(
                outcome: "nobodyListens",
                matches: ["bus"],
                remark: "nobody listens on the local bus for it",
                nearest: ["PUB_SUB com.example.siren"],
                reason: #"level 3 differs ("temperature" ≠ "humidity")"#,
                nearestFix: #"set the topic of the event source to "room/+/temperature", "#
                    + #"or publish on "room/1/humidity""#
            )
        ),
        ExplanationCase(
            name: "a row to pubsub where who is meant listens to the cloud",
            rows: [toBus],
            functions: functions("IOT_CORE", "room/#"),
            answer: Answer(
                outcome: "nobodyListens",
                matches: ["bus"],
                remark: "nobody listens on the local bus for it",
                nearest: ["IOT_CORE com.example.siren"],
                reason: "it listens to the cloud, and no row carries the message there",
                nearestFix: "set the type of the event source to PUB_SUB, or add a row with the source "
                    + #"component:com.example.sensor, the subject "room/1/temperature" "#
                    + "and the target cloud, or component:com.example.siren"
            )
        ),
        ExplanationCase(
            name: "no row carries it to the local bus",
            functions: functions("PUB_SUB", "room/#"),
            answer: Answer(
                outcome: "refused",
                note: "the subscription table is empty: no function can publish anything",
                nearest: ["PUB_SUB com.example.siren"],
                reason: "it listens on the local bus, and no row carries the message there",
                nearestFix: "add a row with the source component:com.example.sensor, "
                    + #"the subject "room/1/temperature" and the target pubsub"#
            )
        ),
        ExplanationCase(
            name: "no row carries it to the cloud, from where it would come down again",
            rows: [Row("a", arn("sensor"), "room/1", "cloud")],
            functions: functions("IOT_CORE", "room/#"),
            answer: Answer(
                outcome: "refused",
                nearest: ["a", "IOT_CORE com.example.siren"],
                reason: "the topic is longer (3 levels, 2 allowed)",
                nearestFix: #"set its subject to "room/1/temperature", or publish on "room/1""#
            )
        ),
        ExplanationCase(
            name: "the way through the cloud is no advice when that is switched off",
            functions: functions("IOT_CORE", "room/#"),
            mqtt: #"{"endpoint": "none"}"#,
            answer: Answer(
                outcome: "refused",
                note: "the subscription table is empty: no function can publish anything",
                nearest: ["IOT_CORE com.example.siren"],
                reason: "it listens to the cloud, and no row carries the message there",
                nearestFix: "add a row with the source component:com.example.sensor, "
                    + #"the subject "room/1/temperature" and the target component:com.example.siren"#
            )
        ),
        ExplanationCase(
            name: "what goes up to the cloud comes down again",
            rows: [
                Row("a", arn("sensor"), "room/#", "cloud"), Row("down", "cloud", "room/#", arn("siren")),
            ],
            functions: functions("IOT_CORE", "room/#"),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                remark: #"what goes up comes down again, for row "down" and 1 more"#
            )
        ),
        ExplanationCase(
            name: "rows and event sources take from the cloud",
            rows: [
                Row("a", "cloud", "room/#", arn("siren")), Row("b", "cloud", "room/+/temperature", "pubsub"),
            ],
            functions: [
                Function("siren"), Function("cloudy", eventSources: [("IOT_CORE", "#")]),
                Function("local", eventSources: [("PUB_SUB", "room/#"), ("IOT_CORE", "door")]),
            ],
            source: "cloud",
            answer: Answer(
                outcome: "delivered",
                matches: ["a", "b", "PUB_SUB com.example.local", "IOT_CORE com.example.cloudy"]
            )
        ),
        ExplanationCase(
            name: "nobody takes it from the cloud",
            functions: functions("IOT_CORE", "door/+/state"),
            source: "cloud",
            answer: Answer(outcome: "nobodyListens")
        ),
        ExplanationCase(
            name: "who is meant listens on the local bus, and the message comes from the cloud",
            functions: functions("PUB_SUB", "room/#"),
            live: Live(cloud: .down("disconnected")),
            source: "cloud",
            answer: Answer(
                outcome: "nobodyListens",
                note: "the link to the cloud is down (disconnected): nothing comes down until it is back",
                nearest: ["PUB_SUB com.example.siren"],
                reason: "other bus: it listens on the local bus, and the message comes from the cloud",
                nearestFix: "set the type of the event source to IOT_CORE, or add a row with the source "
                    + #"cloud, the subject "room/1/temperature" and the target pubsub"#
            )
        ),
        ExplanationCase(
            name: "a row of a function does not take it from the cloud, which is switched off",
            rows: [Row("a", arn("sensor"), "room/#", arn("siren"))],
            mqtt: #"{"endpoint": "none"}"#,
            source: "cloud",
            answer: Answer(
                outcome: "nobodyListens",
                note: #"the cloud is switched off (mqtt.endpoint is "none"): nothing comes down from it"#,
                nearest: ["a"],
                reason: "other source (cloud ≠ \(arn("sensor")))",
                nearestFix: "add a row like it with the source cloud"
            )
        ),
        ExplanationCase(
            name: "a row from the cloud to pubsub where nobody listens",
            rows: [Row("a", "cloud", "room/#", "pubsub")],
            source: "cloud",
            answer: Answer(
                outcome: "nobodyListens",
                matches: ["a"],
                remark: "nobody listens on the local bus for it"
            )
        ),
        ExplanationCase(
            name: "event sources listen on the local bus",
            functions: [
                Function("siren", eventSources: [("PUB_SUB", "room/#"), ("PUB_SUB", "+/+/+")]),
                Function("lamp", eventSources: [("PUB_SUB", "room/1/temperature")]),
            ],
            source: "pubsub",
            answer: Answer(
                outcome: "delivered",
                matches: [
                    "PUB_SUB com.example.siren", "PUB_SUB com.example.siren", "PUB_SUB com.example.lamp",
                ],
                remark: #"the same target as that of event source PUB_SUB of "com.example.siren"; "#
                    + "it gets the message once"
            )
        ),
        ExplanationCase(
            name: "who is meant listens to the cloud, and the message is on the local bus",
            functions: functions("IOT_CORE", "room/#"),
            source: "pubsub",
            answer: Answer(
                outcome: "nobodyListens",
                nearest: ["IOT_CORE com.example.siren"],
                reason: "other bus: it listens to the cloud, and the message is on the local bus",
                nearestFix: "set the type of the event source to PUB_SUB"
            )
        ),
        ExplanationCase(
            name: "no row takes from the local bus",
            rows: [
                toBus, Row("a", arn("sensor"), "room/#", arn("siren")),
                Row("b", arn("sensor"), "room/#", "cloud"),
            ],
            source: "pubsub",
            answer: Answer(
                outcome: "nobodyListens",
                nearest: ["a"],
                reason: "other source (pubsub ≠ \(arn("sensor")))",
                nearestFix: "no row takes from the local bus; give component:com.example.siren an event "
                    + #"source of type PUB_SUB with the topic "room/1/temperature""#
            )
        ),
    ]
}
