import Testing

@testable import GreengrassModel

@Suite("Names")
struct NameTests {
    @Test(
        "function ARNs of all partitions are read and written back",
        arguments: [
            "arn:aws:lambda:eu-central-1:123456789012:function:hello:3",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:hello:PROD",
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:a_b-C:$LATEST",
            "arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:hello",
            "arn:aws:lambda:::function:GGRouter",
            "arn:aws:lambda:::function:GGSecretManager:1",
        ]
    )
    func functionARNs(text: String) throws {
        let arn = try FunctionARN(text)
        #expect(arn.description == text)
        #expect(arn.unqualified.qualifier == nil)
        #expect(try FunctionARN(arn.unqualified.description) == arn.unqualified)
    }

    @Test("the parts of a function ARN have names")
    func parts() throws {
        let arn = try FunctionARN("arn:aws-cn:lambda:cn-north-1:123456789012:function:hello:3")
        #expect(
            [arn.partition, arn.region, arn.accountID, arn.name] == [
                "aws-cn", "cn-north-1", "123456789012", "hello",
            ]
        )
        #expect(arn.qualifier == "3")
    }

    @Test(
        "only digits are a version",
        arguments: [(":12", true), (":v1", false), (":1a", false), (":$LATEST", false), ("", false)]
    )
    func versions(suffix: String, isVersion: Bool) throws {
        #expect(try FunctionARN("arn:aws:lambda:::function:f\(suffix)").isVersion == isVersion)
    }

    @Test(
        "what is no function ARN says what is allowed",
        arguments: [
            ("hello", "looks like"), ("", "looks like"), ("arn:aws:lambda:::function", "looks like"),
            ("arn:aws:s3:::function:f", "looks like"), ("arn:aws:lambda:::layer:f", "looks like"),
            ("arn:aws:lambda:::function:f:1:2", "looks like"), ("arn:gcp:lambda:::function:f", "partition"),
            ("arn:AWS:lambda:::function:f", "partition"), ("arn:aws-:é:::function:f", "looks like"),
            ("arn:aws:lambda:EU:1:function:f", "region"), ("arn:aws:lambda:eu:1:function:f", "account"),
            ("arn:aws:lambda::12345678901x:function:f", "account"), ("arn:aws:lambda:::function:", "name"),
            ("arn:aws:lambda:::function:a b", "name"), ("arn:aws:lambda:::function:ä", "name"),
            ("arn:aws:lambda:::function:" + String(repeating: "a", count: 65), "name"),
            ("arn:aws:lambda:::function:f:", "qualifier"), ("arn:aws:lambda:::function:f:01", "qualifier"),
            ("arn:aws:lambda:::function:f:$latest", "qualifier"),
            ("arn:aws:lambda:::function:f:0", "qualifier"),
            (String(repeating: ":", count: 300), "bytes"),
        ]
    )
    func noFunctionARNs(text: String, part: String) throws {
        let error = try #require(throws: FunctionARNError.self) { try FunctionARN(text) }
        #expect(error.found == text)
        #expect(error.allowed.contains(part))
        #expect(error.description.hasPrefix("found \""))
    }

    @Test("component names have Greengrass' characters", arguments: ["a", "com.example.Hello_1-b", ".a"])
    func componentNames(text: String) throws {
        #expect(try ComponentName(text).description == text)
    }

    @Test(
        "other component names are refused",
        arguments: ["", ".", "..", "a/b", "a b", "ä", "a\0", String(repeating: "a", count: 129)]
    )
    func noComponentNames(text: String) {
        #expect(throws: ComponentNameError(found: text)) { try ComponentName(text) }
    }

    @Test("semantic versions are known", arguments: ["1.0.0", "0.10.2-rc.1+build-5", "1.0.0+a.b"])
    func semanticVersions(text: String) {
        #expect(SemanticVersion.isValid(text))
    }

    @Test(
        "other versions are refused",
        arguments: [
            "", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.x", "1.0.0-", "1.0.0-a..b", "1.0.0+a/b", "1.0.0-..",
            "1.0.0-" + String(repeating: "a", count: 60),
        ]
    )
    func noSemanticVersions(text: String) {
        #expect(!SemanticVersion.isValid(text))
    }

    @Test(
        "a user has a name or a number, and perhaps a group",
        arguments: [
            ("ggc_user:ggc_group", "ggc_user", "ggc_group"), ("nobody", "nobody", nil),
            ("1000:100", "1000", "100"), ("a.b-c$", "a.b-c$", nil),
        ]
    )
    func posixUsers(text: String, user: String, group: String?) throws {
        let read = try #require(PosixUser(text))
        #expect(read.user == user)
        #expect(read.group == group)
        #expect(read.description == text)
    }

    @Test(
        "what is no user is refused",
        arguments: [
            "", ":", "a:", ":b", "a:b:c", "a b", "-a", "a:-b", "ä", String(repeating: "a", count: 33),
        ]
    )
    func noPosixUsers(text: String) {
        #expect(PosixUser(text) == nil)
    }

    @Test(
        "a handler is split at its last dot",
        arguments: [("app.handler", "app", "handler"), ("src/my-app.sub.f", "src/my-app.sub", "f")]
    )
    func handlers(text: String, module: String, function: String) throws {
        let handler = try #require(FunctionHandler(text))
        #expect([handler.module, handler.function, handler.description] == [module, function, text])
    }

    @Test(
        "what is no handler is refused",
        arguments: [
            "", "app", ".f", "app.", "a b.f", "../app.f", "/app.f", "app.f/g", "a//b.f", "a\n.f", "a\\b.f",
            String(repeating: "a", count: 127) + ".f",
        ]
    )
    func noHandlers(text: String) {
        #expect(FunctionHandler(text) == nil)
    }

    @Test(
        "a slip is recognised",
        arguments: [
            ("sorce", "source"), ("SUBJECT", "subject"), ("tagret", "target"), ("banana", nil), ("", nil),
        ]
    )
    func suggestions(text: String, expected: String?) {
        #expect(text.nearest(in: ["source", "subject", "target"]) == expected)
    }

    @Test("texts of others stay on one line")
    func quoting() {
        #expect("a\nb\"\u{202E}\u{2028}".quoted == #""a\u{a}b\"\u{202e}\u{2028}""#)
        #expect(String(repeating: "a", count: 200).quoted.count == 123)
    }
}
