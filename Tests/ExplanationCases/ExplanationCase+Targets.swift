/// What the targets decide: whether they are deployed, and how they stand in a daemon.
extension ExplanationCase {
    private static let toSiren = [Row("a", "component:com.example.sensor", "room/#", arn("siren"))]
    private static let toCloud = [Row("a", "component:com.example.sensor", "room/#", "cloud")]

    static let targets = [
        ExplanationCase(
            name: "the target is not deployed",
            rows: [Row("a", arn("sensor"), "room/#", arn("ghost"))],
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: "the target is not deployed: no function of this name is deployed",
                fix: "deploy it, or take the row out"
            )
        ),
        ExplanationCase(
            name: "the target is deployed in another version",
            rows: [Row("a", arn("sensor"), "room/#", arn("siren", 2))],
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: "the target is not deployed: deployed is version 1 of it",
                fix: "set its target to \(arn("siren")), or to component:com.example.siren, "
                    + "which needs no version"
            )
        ),
        ExplanationCase(
            name: "the target is deployed in two other versions",
            rows: [Row("a", arn("sensor"), "room/#", arn("siren", 3))],
            functions: [
                Function("sensor"), Function("siren"),
                Function("siren", version: 2, component: "com.example.siren-2"),
            ],
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: "the target is not deployed: deployed is version 1, 2 of it",
                fix: "set its target to a function that is deployed, or deploy this one"
            )
        ),
        ExplanationCase(
            name: "one of two targets is not deployed",
            rows: [
                Row("a", arn("sensor"), "room/#", arn("ghost")),
                Row("b", arn("sensor"), "room/1/temperature", arn("siren")),
            ],
            answer: Answer(
                outcome: "partly",
                matches: ["a", "b"],
                problem: "the target is not deployed: no function of this name is deployed",
                fix: "deploy it, or take the row out"
            )
        ),
        ExplanationCase(
            name: "the cloud is switched off",
            rows: toCloud,
            mqtt: #"{"endpoint": "none"}"#,
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: #"the cloud is switched off (mqtt.endpoint is "none")"#,
                fix: #"set mqtt.endpoint to "embedded" or to the host of an MQTT broker, "#
                    + "and start the daemon with that"
            )
        ),
        ExplanationCase(
            name: "in the daemon the cloud is switched off",
            rows: toCloud,
            live: Live(cloud: .off),
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: #"the cloud is switched off (mqtt.endpoint is "none")"#,
                fix: #"set mqtt.endpoint to "embedded" or to the host of an MQTT broker, "#
                    + "and start the daemon with that"
            )
        ),
        ExplanationCase(
            name: "the link is down, and the message waits for it",
            rows: toCloud,
            live: Live(cloud: .down("connecting")),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                remark: "the link to the cloud is down (connecting): the message waits until it is back"
            )
        ),
        ExplanationCase(
            name: "the link is down, and there is no room to wait",
            rows: toCloud,
            live: Live(cloud: .down("disconnected"), spoolIsFull: "spooler.maxSizeInBytes 2621440"),
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: "what waits for the cloud has no room left (spooler.maxSizeInBytes 2621440)",
                fix: "wait until some of it has gone up, or raise mqtt.spooler.maxSizeInBytes",
                remark: "the link to the cloud is down (disconnected)",
                note: "with the queueFullPolicy AllOrError no target gets it, and the function gets HTTP 429"
            )
        ),
        ExplanationCase(
            name: "the target is BROKEN",
            rows: toSiren,
            live: Live(functions: ["siren": ("BROKEN", nil)]),
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: #"component "com.example.siren" is BROKEN, its start has failed too often: "#
                    + "the message waits in its queue, and nothing takes it out",
                fix: "see in its log why (trellis logs get -n com.example.siren), mend it and start it again"
            )
        ),
        ExplanationCase(
            name: "the target is BROKEN, and its queue is full",
            rows: toSiren,
            live: Live(functions: ["siren": ("BROKEN", "maxQueueSize 1000")]),
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: #"component "com.example.siren" is BROKEN, its start has failed too often: "#
                    + "its queue is full (maxQueueSize 1000)",
                fix: "see in its log why (trellis logs get -n com.example.siren), mend it and start it again",
                note: "with the queueFullPolicy AllOrError no target gets it, and the function gets HTTP 429"
            )
        ),
        ExplanationCase(
            name: "the target is stopped",
            rows: toSiren,
            live: Live(functions: ["siren": ("FINISHED", nil)]),
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: #"component "com.example.siren" is stopped (FINISHED)"#,
                fix: "start it again: trellis component restart -n com.example.siren"
            )
        ),
        ExplanationCase(
            name: "the target's queue is full",
            rows: toSiren,
            live: Live(functions: ["siren": ("RUNNING", "maxQueueSize 1000")]),
            answer: Answer(
                outcome: "notDelivered",
                matches: ["a"],
                problem: "its queue is full (maxQueueSize 1000)",
                fix: "wait until it has worked some of it off, or raise that limit",
                note: "with the queueFullPolicy AllOrError no target gets it, and the function gets HTTP 429"
            )
        ),
        ExplanationCase(
            name: "the target runs",
            rows: toSiren,
            live: Live(functions: ["siren": ("RUNNING", nil), "sensor": ("RUNNING", nil)]),
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "the target starts",
            rows: toSiren,
            live: Live(functions: ["siren": ("STARTING", nil)]),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                remark: #"component "com.example.siren" is not ready yet (STARTING): "#
                    + "the message waits in its queue"
            )
        ),
        ExplanationCase(
            name: "the target has failed and is started again",
            rows: toSiren,
            live: Live(functions: ["siren": ("ERRORED", nil)]),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                remark: #"component "com.example.siren" has failed and is started again soon: "#
                    + "the message waits in its queue"
            )
        ),
        ExplanationCase(
            name: "the source is BROKEN",
            rows: toCloud,
            live: Live(functions: ["sensor": ("BROKEN", nil)]),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                note: #"component "com.example.sensor" is BROKEN: "#
                    + "it publishes nothing until it is started again"
            )
        ),
        ExplanationCase(
            name: "the source is stopped",
            rows: toCloud,
            live: Live(functions: ["sensor": ("STOPPING", nil)]),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                note: #"component "com.example.sensor" is stopped (STOPPING): it publishes nothing"#
            )
        ),
        ExplanationCase(
            name: "a topic with eight slashes is too much for AWS IoT Core",
            rows: toCloud,
            topic: "room/1/2/3/4/5/6/7/8",
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                note: "the topic has 8 slashes; AWS IoT Core allows 7, "
                    + "and disconnects who publishes on it"
            )
        ),
        ExplanationCase(
            name: "a topic of 257 bytes is too much for AWS IoT Core",
            rows: toCloud,
            topic: "room/" + String(repeating: "ä", count: 126),
            answer: Answer(
                outcome: "delivered",
                matches: ["a"],
                note: "the topic has 257 bytes; AWS IoT Core allows 256, "
                    + "and disconnects who publishes on it"
            )
        ),
        ExplanationCase(
            name: "a topic with eight slashes may go to a function",
            rows: toSiren,
            topic: "room/1/2/3/4/5/6/7/8",
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
        ExplanationCase(
            name: "what a rule of AWS IoT Core begins with does not count",
            rows: [Row("a", arn("sensor"), "$aws/rules/+/#", "cloud")],
            topic: "$aws/rules/store/1/2/3/4/5/6/7/8",
            answer: Answer(outcome: "delivered", matches: ["a"])
        ),
    ]
}
