/// What mappings of topics take.
extension ExplanationCase {
    private static func mapping(_ source: String, _ target: String, prefix: String = "") -> String {
        #"{"map": {"topic": "room/#", "source": "\#(source)", "target": "\#(target)", "#
            + #""targetTopicPrefix": "\#(prefix)"}}"#
    }

    private static let toBus = Row("bus", arn("sensor"), "room/#", "pubsub")

    static let mappings = [
        ExplanationCase(
            name: "a mapping takes what a row brings to the local bus",
            rows: [toBus],
            mapping: mapping("Pubsub", "IotCore", prefix: "site/"),
            answer: Answer(
                outcome: "delivered",
                matches: ["bus", "map"],
                remark: #"it is published there on "site/room/1/temperature""#
            )
        ),
        ExplanationCase(
            name: "a mapping is a target beside the row to the same place",
            rows: [Row("a", "cloud", "#", "pubsub")],
            functions: [Function("siren", eventSources: [("PUB_SUB", "room/#")])],
            mapping: mapping("IotCore", "Pubsub"),
            source: "cloud",
            answer: Answer(
                outcome: "delivered",
                matches: ["a", "PUB_SUB com.example.siren", "map"],
                remark:
                    #"it is published there on "room/1/temperature": ask with the source pubsub who gets it"#
            )
        ),
        ExplanationCase(
            name: "what a mapping takes waits for a link that is down",
            mapping: mapping("Pubsub", "Near"),
            live: Live(downLinks: ["Near": "connecting"]),
            source: "pubsub",
            answer: Answer(
                outcome: "delivered",
                matches: ["map"],
                remark: "the link to Near is down (connecting): the message waits until it is back"
            )
        ),
        ExplanationCase(
            name: "a mapping to the cloud finds its spool full",
            mapping: mapping("Pubsub", "IotCore"),
            live: Live(spoolIsFull: "spooler.maxSizeInBytes 1"),
            source: "pubsub",
            answer: Answer(
                outcome: "notDelivered",
                matches: ["map"],
                problem: "what waits for the cloud has no room left (spooler.maxSizeInBytes 1)",
                fix: "wait until some of it has gone up, or raise mqtt.spooler.maxSizeInBytes",
                remark: #"it is published there on "room/1/temperature""#
            )
        ),
        ExplanationCase(
            name: "a mapping to a cloud that is switched off is not in force",
            mqtt: #"{"endpoint": "none"}"#,
            mapping: mapping("Pubsub", "IotCore"),
            source: "pubsub",
            answer: Answer(outcome: "nobodyListens")
        ),
        ExplanationCase(
            name: "mappings from elsewhere and of other topics take nothing",
            mapping: mapping("Near", "Pubsub"),
            source: "pubsub",
            answer: Answer(outcome: "nobodyListens")
        ),
    ]
}
