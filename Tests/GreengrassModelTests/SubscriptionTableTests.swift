import TestSupport
import Testing
import TopicRouter

@testable import GreengrassModel

private let hello = "arn:aws:lambda:eu-central-1:123456789012:function:hello"

@Suite("Subscription tables")
struct SubscriptionTableTests {
    @Test("the example of Greengrass' own documentation is read")
    func example() throws {
        let outcome = try readSubscriptions(
            """
            {
              "subscriptions": {
                "Greengrass_HelloWorld_to_cloud": {
                  "id": "Greengrass_HelloWorld_to_cloud",
                  "source": "component:com.example.hello",
                  "subject": "hello/world",
                  "target": "cloud"
                },
                "two": {"id": "two", "source": "\(hello):2", "subject": "a/+/#",
                 "target": "component:com.example.other"}
              }
            }
            """
        )
        #expect(outcome.lines == [])
        let rows = try #require(outcome.value?.rows)
        #expect(rows.map(\.id) == ["Greengrass_HelloWorld_to_cloud", "two"])
        #expect(rows[0].source == .function(try functionARN("hello", 2)))
        #expect(rows[0].target == .cloud)
        #expect(rows[0].subject.description == "hello/world")
        #expect(rows[0].place == SourcePlace(line: 3, column: 5))
        #expect(rows[1].target == .function(try functionARN("other", 1)))
        #expect(rows[1].isTargetDeployed)
    }

    @Test("a table may be empty")
    func empty() throws {
        #expect(try readSubscriptions(#"{"subscriptions":{}}"#).value == SubscriptionTable())
    }

    @Test("cloud is a source, pubsub is a target")
    func extensions() throws {
        let row = try readRow(source: "cloud", target: "pubsub")
        #expect(row.value?.source == .cloud)
        #expect(row.value?.target == .localBus)
        #expect(row.lines == [])
    }

    @Test("an alias is resolved through the component file")
    func aliases() throws {
        let row = try readRow(source: "\(hello):PROD", target: "cloud")
        #expect(row.value?.source == .function(try functionARN("hello", 2)))
        #expect(row.lines == [])
    }

    @Test("an alias may stand for a version that is not deployed")
    func aliasOfUndeployed() throws {
        let row = try readRow(
            source: "cloud",
            target: "\(hello):OLD",
            components: [.hello(aliases: ["OLD": "1"])]
        )
        #expect(row.value?.target == .function(try functionARN("hello", 1)))
        #expect(row.value?.isTargetDeployed == false)
        #expect(row.lines.count == 1)
        #expect(row.lines[0].hasSuffix("\(hello):1 is not deployed: deployed is version 2 of it"))
    }

    @Test(
        "a function that is not deployed is a warning",
        arguments: [
            ("\(hello):1", "deployed is version 2 of it"),
            ("arn:aws:lambda:us-east-1:123456789012:function:hello:2", "deployed is \(hello):2"),
            ("arn:aws:lambda:::function:x:1", "no function of this name is deployed"),
        ]
    )
    func undeployed(arn: String, reason: String) throws {
        let target = try readRow(source: "cloud", target: arn)
        #expect(target.value?.isTargetDeployed == false)
        let warning = "\"\(arn)\"; it is not deployed: \(reason)"
        #expect(
            target.lines.map { $0.hasSuffix(warning) && $0.contains("warning: subscriptions.r.target") } == [
                true
            ]
        )
        let source = try readRow(source: arn, target: "cloud")
        #expect(source.value != nil)
        #expect(
            source.lines.map { $0.hasSuffix(warning) && $0.contains("warning: subscriptions.r.source") } == [
                true
            ]
        )
    }

    @Test(
        "a row for the cloud may say how its messages wait",
        arguments: [
            ("{}", SpoolPolicy(), ""),
            (
                #"{"ttl": 60, "priority": 9, "drop": "oldest", "keep": "latest"}"#,
                SpoolPolicy(timeToLive: 60, priority: 9, whenFull: .dropOldest, keepsLatestOnly: true),
                "ttl 60, priority 9, drop oldest, keep latest"
            ),
            (#"{"drop": "newest"}"#, SpoolPolicy(whenFull: .dropNewest), "drop newest"),
            (
                #"{"drop": "refuse", "ttl": 4294967295}"#, SpoolPolicy(timeToLive: 4_294_967_295),
                "ttl 4294967295"
            ),
            (#"{"priority": 0}"#, SpoolPolicy(priority: 0), "priority 0"),
        ]
    )
    func spool(text: String, policy: SpoolPolicy, words: String) throws {
        let row = try readRow(source: "\(hello):2", target: "cloud", spool: text)
        #expect(row.lines == [])
        #expect(row.value?.spool == policy)
        #expect(policy.description == words)
        #expect(try readRow(source: "\(hello):2", target: "cloud").value?.spool == nil)
    }

    @Test(
        "a spool that can't be is refused, with its place",
        arguments: [
            ("cloud", "1", "141: error: subscriptions.r.spool: found 1; allowed is an object"),
            (
                "cloud", #"{"ttl": 0}"#,
                "149: error: subscriptions.r.spool.ttl: found 0; allowed is a whole number from 1 to "
                    + "4294967295"
            ),
            (
                "cloud", #"{"ttl": "60"}"#,
                #"149: error: subscriptions.r.spool.ttl: found "60"; allowed is a whole number from 1 to "#
                    + "4294967295"
            ),
            (
                "cloud", #"{"priority": 10}"#,
                "154: error: subscriptions.r.spool.priority: found 10; allowed is a whole number from 0 to 9"
            ),
            (
                "cloud", #"{"drop": "all"}"#,
                #"150: error: subscriptions.r.spool.drop: found "all"; allowed is "oldest" or "newest" "#
                    + #"or "refuse""#
            ),
            (
                "cloud", #"{"keep": true}"#,
                #"150: error: subscriptions.r.spool.keep: found true; allowed is "latest""#
            ),
            (
                "pubsub", "{}",
                "142: error: subscriptions.r.spool: found an object; messages wait in the spool for the "
                    + "target cloud only; remove the key"
            ),
        ]
    )
    func impossibleSpool(target: String, text: String, line: String) throws {
        let row = try readRow(source: "\(hello):2", target: target, spool: text)
        #expect(row.lines.filter { $0.contains("error") } == ["subscriptions.json:1:\(line)"])
    }

    @Test("an unknown key of a spool is a warning")
    func unknownSpoolKey() throws {
        let row = try readRow(source: "\(hello):2", target: "cloud", spool: #"{"tll": 1}"#)
        #expect(row.lines.contains { $0.contains(#"unknown key "tll""#) && $0.contains(#""ttl""#) })
    }

    @Test(
        "a source or target that can't be is refused",
        arguments: [
            ("pubsub", "cloud", "source", "a source is a Lambda ARN with a version, component:NAME or cloud"),
            (
                "cloud", "", "target",
                "a target is cloud, a Lambda ARN with a version, component:NAME or pubsub"
            ),
            (
                "cloud", "Cloud", "target",
                "a target is cloud, a Lambda ARN with a version, component:NAME or pubsub"
            ),
            (
                "GGShadowService", "cloud", "source",
                "a source is a Lambda ARN with a version, component:NAME or cloud"
            ),
            (
                "\(hello):$LATEST", "cloud", "source",
                "the ARN must end with a version, for example \(hello):1"
            ),
            ("cloud", hello, "target", "the ARN must end with a version, for example \(hello):1"),
            (
                "arn:aws:iot:::thing/x", "cloud", "source",
                "a function ARN looks like arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION"
            ),
            (
                "\(hello):TEST", "cloud", "source",
                "no component file has this alias in its Aliases; the function has PROD"
            ),
            (
                "arn:aws:lambda:::function:x:TEST", "cloud", "source",
                "no component file has this alias in its Aliases; the function has none"
            ),
            (
                "component:com.example.helo", "cloud", "source",
                "this component is not deployed; did you mean component:com.example.hello? "
                    + "deployed are com.example.hello, com.example.other"
            ),
            (
                "component:a/b", "cloud", "source",
                "a component name is 1 to 128 letters, digits, dots, hyphens and underscores"
            ),
        ]
    )
    func refused(source: String, target: String, key: String, explanation: String) throws {
        let row = try readRow(source: source, target: target)
        let found = key == "source" ? source : target
        let column = key == "source" ? 42 : 42 + source.count + 26
        #expect(
            row.lines == [
                "subscriptions.json:1:\(column): error: subscriptions.r.\(key): found \"\(found)\"; "
                    + "\(explanation)"
            ]
        )
    }

    @Test("without components, component:NAME is refused")
    func noComponents() throws {
        let row = try readRow(source: "component:a", target: "cloud", components: [])
        #expect(
            row.lines.map { $0.hasSuffix("this component is not deployed; no component is deployed") } == [
                true
            ]
        )
    }

    @Test("all errors of a file are told at once, in its order")
    func allErrors() throws {
        let outcome = try readSubscriptions(
            """
            {"subscriptions": {
              "a": {"id": "b", "source": 7, "subject": "a/#/b", "tagret": "cloud"},
              "c.d": [],
              "e": {},
              "f": {"id": "f", "source": "cloud", "subject": "x", "target": "pubsub", "target": "cloud",
               "extra": 1}
            }, "version": 1}
            """
        )
        #expect(outcome.value == nil)
        #expect(
            outcome.lines.map { $0.dropFirst("subscriptions.json:".count).prefix(while: { $0 != ";" }) } == [
                #"2:8: error: subscriptions.a: found no such key"#,
                #"2:15: error: subscriptions.a.id: found "b""#,
                #"2:30: error: subscriptions.a.source: found 7"#,
                #"2:44: error: subscriptions.a.subject: found "a/#/b""#,
                #"2:53: warning: subscriptions.a: found the unknown key "tagret", which is ignored"#,
                #"3:10: error: subscriptions."c.d": found a list"#,
                #"4:8: error: subscriptions.e: found an empty object"#,
                #"4:8: error: subscriptions.e: found an empty object"#,
                #"4:8: error: subscriptions.e: found an empty object"#,
                #"4:8: error: subscriptions.e: found an empty object"#,
                #"5:75: error: found the key "target" twice"#,
                #"6:4: warning: subscriptions.f: found the unknown key "extra", which is ignored"#,
                #"7:4: warning: found the unknown key "version", which is ignored"#,
            ]
        )
        #expect(outcome.lines[1].hasSuffix(#"the id must equal its key, "a""#))
        #expect(outcome.lines[2].hasSuffix("; allowed is a string"))
        #expect(outcome.lines[4].hasSuffix(#"; did you mean "target"?"#))
    }

    @Test("a row from the cloud to the cloud is refused: it has no end")
    func endless() throws {
        let row = #"{"id": "a", "source": "cloud", "subject": "x", "target": "cloud"}"#
        let outcome = try readSubscriptions(#"{"subscriptions": {"a": \#(row)}}"#)
        #expect(outcome.lines.count == 1)
        #expect(
            outcome.lines[0].contains("subscriptions.a.target: found \"cloud\"; what comes from the cloud")
        )
    }

    @Test("equal rows are one, after their names are resolved")
    func duplicates() throws {
        let outcome = try readSubscriptions(
            """
            {"subscriptions": {
              "a": {"id": "a", "source": "component:com.example.hello", "subject": "x", "target": "cloud"},
              "b": {"id": "b", "source": "\(hello):PROD", "subject": "x", "target": "cloud"},
              "c": {"id": "c", "source": "\(hello):2", "subject": "y", "target": "cloud"}
            }}
            """
        )
        #expect(outcome.value?.rows.map(\.id) == ["a", "c"])
        #expect(
            outcome.lines == [
                "subscriptions.json:3:8: warning: subscriptions.b: "
                    + #"found the source, subject and target of "a" again; the two are one"#
            ]
        )
    }

    @Test(
        "a file that is missing, a folder or a device is refused",
        arguments: [
            (
                "/nonexistent/subscriptions.json",
                "found no such file; check the path and the folder it is relative to"
            ),
            ("/", "found a folder; a JSON file is expected"),
            ("/dev/zero", "found neither a file nor a folder; a JSON file is expected"),
        ]
    )
    func files(path: String, message: String) throws {
        let error = try #require(throws: DocumentError.self) {
            try SubscriptionTable.load(path, components: [])
        }
        #expect(error.description == "\(path): error: \(message)")
    }

    @Test("a file is loaded with its warnings")
    func load() throws {
        let folder = try TemporaryFolder(["s.json": #"{"subscriptions":{}, "x": 1}"#])
        let (table, warnings) = try SubscriptionTable.load("\(folder.path)/s.json", components: [])
        #expect(table.rows.isEmpty)
        #expect(warnings.map(\.severity) == [.warning])
    }

    @Test("at most a hundred diagnostics are kept, and the rest is counted")
    func manyErrors() throws {
        let rows = (0..<200).map { #""\#($0)": 1"# }.joined(separator: ",")
        let outcome = try readSubscriptions(#"{"subscriptions": {\#(rows)}}"#)
        #expect(outcome.lines.count == DiagnosticLog.countMax + 1)
        #expect(outcome.lines.last == "subscriptions.json: error: 100 more errors and warnings are not shown")
    }
}
