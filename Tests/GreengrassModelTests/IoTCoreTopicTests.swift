import TestSupport
import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Topics that AWS IoT Core takes")
struct IoTCoreTopicTests {
    @Test(
        "a publish: 256 bytes and 7 slashes, those of $aws/rules/NAME/ not counted",
        arguments: [
            ("a/b/c/d/e/f/g/h", nil),
            ("a/b/c/d/e/f/g/h/i", "the topic has 8 slashes; AWS IoT Core takes at most 7"),
            (String(repeating: "ä", count: 128), nil),
            (
                String(repeating: "ä", count: 128) + "x",
                "the topic has 257 bytes; AWS IoT Core takes at most 256"
            ),
            ("$aws/rules/rule/a/b/c/d/e/f/g/h", nil),
            ("$aws/rules/rule/a/b/c/d/e/f/g/h/i", "the topic has 8 slashes; AWS IoT Core takes at most 7"),
            ("$aws/rules/rule/" + String(repeating: "x", count: 256), nil),
            (
                "$aws/rules/rule/" + String(repeating: "x", count: 257),
                "the topic has 257 bytes; AWS IoT Core takes at most 256"
            ),
            ("$aws/rules/rule", nil),
            ("$aws/things/t/a/b/c/d/e/f/g", nil),
            (
                "$aws/" + String(repeating: "x", count: 508),
                "the topic has 513 bytes; AWS IoT Core takes at most 512"
            ),
        ] as [(String, String?)]
    )
    func publish(topic: String, problem: String?) throws {
        #expect(IoTCoreTopic.problem(of: try TopicName(topic)) == problem)
    }

    @Test(
        "a subscription: the same, those of $share/GROUP/ not counted",
        arguments: [
            ("a/b/c/d/e/f/g/#", nil),
            ("a/b/c/d/e/f/g/+/#", "the topic has 8 slashes; AWS IoT Core takes at most 7"),
            ("$share/group/a/b/c/d/e/f/g/#", nil),
            ("$share/group/a/b/c/d/e/f/g/+/#", "the topic has 8 slashes; AWS IoT Core takes at most 7"),
        ] as [(String, String?)]
    )
    func subscribe(filter: String, problem: String?) throws {
        #expect(IoTCoreTopic.problem(of: try TopicFilter(filter)) == problem)
    }

    private func check(endpoint: String, rows: [String], topics: [String] = []) throws -> [String] {
        let sources = topics.map { #"{"topic": "\#($0)", "type": "IOT_CORE"}"# }.joined(separator: ",")
        let folder = try TemporaryFolder([
            "trellis.json": """
            {"thingName": "core", "components": ["c.json"], "mqtt": {"endpoint": "\(endpoint)", \
            "rootCaPath": "x.pem", "certificateFilePath": "x.pem", "privateKeyPath": "x.pem"}}
            """,
            "x.pem": "", "app.py": "",
            "c.json": """
            {"lambdaFunction": {"lambdaArn": "arn:aws:lambda:r:123456789012:function:f:1", \
            "componentName": "f", "componentLambdaParameters": {"eventSources": [\(sources)]}},
             "functionConfiguration": {"Runtime": "python3.11", "Handler": "app.handler", "CodeUri": "."}}
            """,
            "subscriptions.json": #"{"subscriptions": {"#
                + rows.enumerated().map { #""\#($0)": {"id": "\#($0)", \#($1)}"# }.joined(separator: ",")
                + "}}",
        ])
        return Deployment.check([folder.path + "/trellis.json"]).map { diagnostic in
            diagnostic.description.replacing(folder.path + "/", with: "")
        }
    }

    private static let core = "x.iot.eu-central-1.amazonaws.com"
    private static let deep = "a/b/c/d/e/f/g/h/i"
    private static let reason = "the topic has 8 slashes; AWS IoT Core takes at most 7"

    @Test(
        "trellis check finds rows and event sources that break the rules, where they hold",
        arguments: [true, false]
    )
    func documents(isCore: Bool) throws {
        let lines = try check(
            endpoint: isCore ? Self.core : "broker.local",
            rows: [
                #""source": "component:f", "subject": "\#(Self.deep)", "target": "cloud""#,
                #""source": "component:f", "subject": "\#(Self.deep)/#", "target": "cloud""#,
                #""source": "cloud", "subject": "\#(Self.deep)", "target": "pubsub""#,
            ],
            topics: [Self.deep]
        )
        let found = lines.filter { $0.contains("slashes") }
        guard isCore else { return #expect(found == []) }
        #expect(found.count == 3)
        #expect(
            found.contains {
                $0.hasSuffix(
                    #"subscriptions.0: found "\#(Self.deep)"; every message is refused: \#(Self.reason)"#
                )
            }
        )
        #expect(
            found.contains {
                $0.hasSuffix(
                    #"warning: subscriptions.2: found "\#(Self.deep)"; nothing comes down: \#(Self.reason)"#
                )
            }
        )
        #expect(
            found.contains {
                $0.hasPrefix("c.json:1:")
                    && $0.hasSuffix(#"nothing comes from the event source "\#(Self.deep)": \#(Self.reason)"#)
            }
        )
    }

    @Test("trellis check says when filters need more than one connection", arguments: [50, 51])
    func connections(count: Int) throws {
        let lines = try check(endpoint: Self.core, rows: [], topics: (0..<count).map { "t/\($0)" } + ["t/1"])
        let expected =
            "trellis.json:1:1: warning: mqtt: 51 topic filters are to come from AWS IoT Core, which takes "
            + "50 on a connection: 2 connections are made, and the policy must let core, core#2 and so on "
            + "connect"
        #expect(lines.filter { $0.contains("connections") } == (count > 50 ? [expected] : []))
    }
}
