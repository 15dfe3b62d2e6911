import TestSupport
import Testing
import TopicRouter

@testable import GreengrassModel

private let account = "arn:aws:lambda:eu-central-1:123456789012:function"

@Suite("Sources of explanations")
struct ExplanationSourceTests {
    private func components() throws -> [LambdaComponent] {
        var second = try LambdaComponent.hello(version: 3)
        second.name = try ComponentName("com.example.hello-3")
        var third = try LambdaComponent.other()
        third.name = try ComponentName("lamp")
        third.arn = try FunctionARN("arn:aws:lambda:us-east-1:123456789012:function:lamp:4")
        return [try .hello(aliases: ["PROD": "2", "NEXT": "5"]), second, try .other(), third]
    }

    @Test(
        "every name that leads to one function is understood",
        arguments: [
            ("cloud", "cloud"), ("pubsub", "pubsub"), ("\(account):hello:3", "\(account):hello:3"),
            ("\(account):ghost:1", "\(account):ghost:1"), ("\(account):hello:PROD", "\(account):hello:2"),
            ("\(account):hello:NEXT", "\(account):hello:5"), ("\(account):other", "\(account):other:1"),
            ("other", "\(account):other:1"), ("com.example.other", "\(account):other:1"),
            ("component:com.example.other", "\(account):other:1"),
            ("com.example.hello", "\(account):hello:2"), ("hello:3", "\(account):hello:3"),
            ("hello:7", "\(account):hello:7"), ("hello:PROD", "\(account):hello:2"),
            ("lamp", "arn:aws:lambda:us-east-1:123456789012:function:lamp:4"),
        ]
    )
    func names(text: String, source: String) throws {
        #expect(try ExplanationSource(text, components: components()).description == source)
    }

    @Test(
        "another text says what is allowed",
        arguments: [
            (
                "hello",
                #"found "hello", which is the name of more than one function; "#
                    + "use one of \(account):hello:2, \(account):hello:3"
            ),
            (
                "\(account):hello",
                #"found "\#(account):hello", which is the name of more than one function; "#
                    + "use one of \(account):hello:2, \(account):hello:3"
            ),
            (
                "othr",
                #"found "othr"; did you mean other? deployed are com.example.hello, com.example.hello-3, "#
                    + "com.example.other, hello, lamp, other; a source is the ARN of a function with its "
                    + "version, the name of a deployed function or component, component:NAME, cloud or pubsub"
            ),
            (
                "Cloud",
                #"found "Cloud"; did you mean cloud? deployed are com.example.hello, com.example.hello-3, "#
                    + "com.example.other, hello, lamp, other; a source is the ARN of a function with its "
                    + "version, the name of a deployed function or component, component:NAME, cloud or pubsub"
            ),
            (
                "component:com.example.othe",
                #"found "component:com.example.othe"; did you mean component:com.example.other? "#
                    + "deployed are component:com.example.hello, component:com.example.hello-3, "
                    + "component:com.example.other, component:lamp; "
                    + "a source is the ARN of a function with its version, "
                    + "the name of a deployed function or component, component:NAME, cloud or pubsub"
            ),
            (
                "component:a/b",
                #"found "a/b"; a component name is 1 to 128 letters, digits, dots, hyphens and underscores"#
            ),
            (
                "\(account):hello:TEST",
                #"found "\#(account):hello:TEST"; no component file has this alias in its Aliases; "#
                    + "the function has NEXT, PROD"
            ),
            (
                "\(account):hello:$LATEST",
                #"found "\#(account):hello:$LATEST"; a message comes from a version, "#
                    + "for example \(account):hello:1"
            ),
            (
                "arn:aws:iot:::thing/x",
                #"found "arn:aws:iot:::thing/x"; "#
                    + "a function ARN looks like arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION"
            ),
            (
                "hello:01",
                #"found "\#(account):hello:01"; the qualifier is a version number, $LATEST, "#
                    + "or an alias of letters, digits, hyphens and underscores"
            ),
        ]
    )
    func refused(text: String, explanation: String) throws {
        let error = try #require(throws: ExplanationSourceError.self) {
            try ExplanationSource(text, components: components())
        }
        #expect(error.description == explanation)
    }

    @Test("an ARN without a version says what is deployed")
    func unqualified() throws {
        let error = try #require(throws: ExplanationSourceError.self) {
            try ExplanationSource("\(account):othr", components: [.other()])
        }
        #expect(
            error
                == .notDeployed(
                    found: "\(account):othr",
                    suggestion: "\(account):other:1",
                    deployed: ["\(account):other:1"]
                )
        )
    }

    @Test("without components only an ARN with a version, cloud and pubsub are sources")
    func nothingDeployed() throws {
        #expect(try ExplanationSource("cloud", components: []) == .cloud)
        #expect(try ExplanationSource("pubsub", components: []) == .localBus)
        #expect(
            try ExplanationSource("\(account):x:1", components: []) == .function(functionARN("x", 1))
        )
        let error = try #require(throws: ExplanationSourceError.self) {
            try ExplanationSource("", components: [])
        }
        #expect(error.description.hasPrefix(#"found ""; no function is deployed; a source is"#))
    }

    @Test(
        "what is no topic is told in the words of the topic's own error",
        arguments: ["", "a/+/b", "#", "a\0", String(repeating: "a", count: 65_536)]
    )
    func topics(topic: String) throws {
        let deployment = try Deployment.load(in: TemporaryFolder(["x": ""]).path)
        let expected = try #require(throws: TopicError.self) { try TopicName(topic) }
        let error = try #require(throws: ExplanationError.self) {
            try Explanation.of(source: "cloud", topic: topic, deployment: deployment)
        }
        #expect(error == .topic(expected))
        #expect(error.description == expected.description)
    }

    @Test("a wrong source is told as such")
    func wrongSource() throws {
        let deployment = try Deployment.load(in: TemporaryFolder(["x": ""]).path)
        let error = try #require(throws: ExplanationError.self) {
            try Explanation.of(source: "x", topic: "a", deployment: deployment)
        }
        #expect(error.description.hasPrefix(#"found "x"; no function is deployed"#))
    }
}
