import TestSupport
import Testing

@testable import GreengrassModel

@Suite("What components may do and are configured with")
struct ComponentSettingsTests {
    private func settings(_ text: String) -> Outcome<ComponentSettings> {
        read(text, as: "trellis.json") { document in
            guard var object = document.object() else { return nil }
            var settings = ComponentSettings()
            settings.read(&object)
            return settings
        }
    }

    /// One policy of `c` for the local bus.
    private func policy(_ text: String, service: String = IPCService.pubsub) -> Outcome<ComponentSettings> {
        settings(#"{"accessControl":{"c":{"\#(service)":{"p":\#(text)}}}}"#)
    }

    @Test("a policy is read wherever it may stand, its fields in any case, and as a text of JSON")
    func places() throws {
        let policy = #"{"policydescription": "d", "OPERATIONS": ["*"], "resources": ["a/*"]}"#
        let control = #"{"aws.greengrass.ipc.pubsub": {"ID": \#(policy)}}"#
        let text = control.replacing("\"", with: "\\\"")
        let files = [
            (#"{"accessControl": {"c": \#(control)}}"#, "ID"),
            (#"{"accessControl": {"c": "\#(text)"}}"#, "ID"),
            (#"{"configuration": {"c": {"accessControl": \#(control)}}}"#, "ID"),
            (#"{"components": ["f.json", {"name": "c", "accessControl": \#(control)}]}"#, "ID"),
            (#"{"components": [{"name": "c", "configuration": {"accessControl": "\#(text)"}}]}"#, "ID"),
        ]
        for (file, id) in files {
            let outcome = settings(file)
            #expect(outcome.lines == [])
            var policy = try #require(outcome.value?.policies.first)
            policy.place = SourcePlace(line: 1, column: 1)
            #expect(
                policy
                    == AccessPolicy(
                        component: "c",
                        service: IPCService.pubsub,
                        id: id,
                        description: "d",
                        operations: ["*"],
                        resources: ["a/*"]
                    )
            )
        }
    }

    @Test("a configuration keeps its numbers, its nulls and its order, at the top and beside a name")
    func configurations() throws {
        let outcome = settings(
            """
            {"configuration": {"a": {"z": 1.50, "b": [null, {"c": null}], "é\\n": "\\u00e9"}},
             "components": [{"name": "b", "configuration": {}}, "x.json", {"name": 7}, 1]}
            """
        )
        #expect(outcome.lines == [])
        let configurations = try #require(outcome.value).configurations
        #expect(configurations.map(\.component) == ["a", "b"])
        #expect(configurations.map(\.text) == [#"{"z":1.50,"b":[null,{"c":null}],"é\n":"é"}"#, "{}"])
        #expect(configurations.map(\.place.line) == [1, 2])
    }

    @Test("every component can be meant by a policy, and by a policy only")
    func everyComponent() {
        let anyone = settings(
            #"{"accessControl":{"*":{"aws.greengrass.ipc.pubsub":{"p":{"operations":["*"]}}}}}"#
        )
        #expect(anyone.lines == [])
        #expect(anyone.value?.policies.map(\.component) == ["*"])
        #expect(settings(#"{"configuration": {"*": {}}}"#).value == nil)
    }

    @Test(
        "what is wrong in a policy is told with its place",
        arguments: [
            (
                #"{"operations":["*"],"resources":["a?"]}"#,
                #"90: error: P.resources[0]: found "a?"; ? has no meaning in a resource; write ${?} for "#
                    + "the character itself"
            ),
            (
                #"{"operations":["*"],"resources":["a","${x}"]}"#,
                #"94: error: P.resources[1]: found "${x}"; after ${ one of * $ ? and } are allowed: "#
                    + "${*}, ${$}, ${?}"
            ),
            (
                #"{"operations":["*"],"resources":[""]}"#,
                #"90: error: P.resources[0]: found ""; a resource is not empty; "*" is every resource"#
            ),
            (#"{"operations":["*"],"resources":"a"}"#, #"89: error: P.resources: found "a"; allowed is a "#),
            (#"{"resources":["a"]}"#, #"57: error: P: found no such key; the key "operations" is required"#),
            (
                #"{"operations":["aws.greengrass#PublishTopic"]}"#,
                #"72: warning: P.operations[0]: found "aws.greengrass#PublishTopic", which is no operation "#
                    + #"of aws.greengrass.ipc.pubsub; did you mean "aws.greengrass#PublishToTopic"?"#
            ),
            (
                #"{"operations":["SubscribeToTopic"]}"#,
                #"72: warning: P.operations[0]: found "SubscribeToTopic", which is no operation of "#
                    + #"aws.greengrass.ipc.pubsub; did you mean "aws.greengrass#SubscribeToTopic"?"#
            ),
            (
                #"{"operations":["aws.greengrass#PublishToTopic"],"resources":["a/#"]}"#,
                #"118: warning: P.resources[0]: found "a/#"; + and # are plain characters in resources"#
            ),
            (#"{"operations":["*"],"resource":["a"]}"#, #"77: warning: P: found the unknown key "resource""#),
            ("[]", "57: error: P: found a list; allowed is an object"),
        ]
    )
    func wrongPolicy(text: String, expected: String) throws {
        let outcome = policy(text)
        let expected = expected.replacing(
            "P",
            with: #"accessControl.c."aws.greengrass.ipc.pubsub".p"#,
            maxReplacements: 1
        )
        #expect(outcome.lines.count == 1)
        #expect(outcome.lines.first?.hasPrefix("trellis.json:1:" + expected) ?? false, "\(outcome.lines)")
        #expect((outcome.value == nil) == expected.contains("error: "))
    }

    @Test(
        "what is wrong around policies is told with its place",
        arguments: [
            (
                #"{"accessControl":{"c":{"aws.greengrass.ipc.pubsup":{}}}}"#,
                #"24: warning: accessControl.c."aws.greengrass.ipc.pubsup": found "#
                    + #""aws.greengrass.ipc.pubsup", which is no service of the Greengrass IPC; did "#
                    + #"you mean "aws.greengrass.ipc.pubsub"?"#
            ),
            (#"{"accessControl":{"a b":{}}}"#, #"19: error: accessControl."a b": found "a b"; "#),
            (
                #"{"accessControl":{"c":"{"}}"#,
                "23: error: accessControl.c: found a text that is no JSON; line 1, column 2 of the text: "
            ),
            (
                #"{"accessControl":{"c":"{\"aws.greengrass.ipc.pubsub\":{\"p\":{}}}"}}"#,
                #"23: error: accessControl.c."aws.greengrass.ipc.pubsub".p: found an empty object; the key "#
            ),
            (
                #"{"configuration":{"c":1}}"#,
                "23: error: configuration.c: found 1; a configuration is an object"
            ),
            (
                #"{"configuration":{"c":{"a":{"key":1,"Key":2}}}}"#,
                #"37: error: configuration.c.a: found the key "Key" twice but for its case"#
            ),
            (
                #"{"configuration":{"c":{}},"components":[{"name":"c","configuration":{}}]}"#,
                "69: error: components[0].configuration: found a second configuration; c has a configuration "
            ),
            (
                #"{"configuration":{"c":{"a":\#(String(repeating: "[", count: 32))"#
                    + #"\#(String(repeating: "]", count: 32))}}}"#,
                "23: error: configuration.c: found 33 levels; at most 32 levels are allowed"
            ),
            (
                #"{"configuration":{"c":{"a":"\#(String(repeating: "x", count: 1_048_576))"}}}"#,
                "23: error: configuration.c: found 1048584 bytes; at most 1048576 bytes are allowed"
            ),
        ]
    )
    func wrong(text: String, expected: String) throws {
        let outcome = settings(text)
        #expect(outcome.lines.count == 1)
        #expect(outcome.lines.first?.hasPrefix("trellis.json:1:" + expected) ?? false, "\(outcome.lines)")
        #expect((outcome.value == nil) == expected.contains("error: "))
    }

    @Test("names of policies are unique on a machine")
    func duplicates() {
        let service = #"{"aws.greengrass.ipc.pubsub":{"p":{"operations":["*"]}}}"#
        let outcome = settings(#"{"accessControl":{"a":\#(service),"b":\#(service)}}"#)
        #expect(outcome.value == nil)
        #expect(
            outcome.lines == [
                """
                trellis.json:1:114: error: found the policy "p" of b, and a has one of this name, too: \
                names of policies are unique on a machine
                """
            ]
        )
    }

    @Test("a component that is not deployed is a warning, and the settings are read again alone")
    func deployment() throws {
        let folder = try TemporaryFolder([
            "trellis.json": """
            {"components": [{"name": "com.example.A", "run": "a", "accessControl": {}, "configuration": {}}],
             "accessControl": {"com.example.A": {}, "*": {}, "com.example.B": {"aws.greengrass.ipc.pubsub":
              {"p": {"operations": ["*"], "resources": ["*"]}}}},
             "configuration": {"other": {}}}
            """
        ])
        let path = "\(folder.path)/trellis.json"
        let deployment = try Deployment.load(in: folder.path)
        #expect(
            deployment.warnings.map(\.description) == [
                #"\#(path):3:4: warning: no component is called "com.example.B"; did you mean "#
                    + #""com.example.A"?"#,
                #"\#(path):4:29: warning: no component is called "other""#,
            ]
        )
        #expect(deployment.configuration.file == path)
        let (settings, warnings) = try ComponentSettings.load(path)
        #expect(settings == deployment.configuration.componentSettings)
        #expect(settings.configurations.map(\.component) == ["other", "com.example.A"])
        #expect(warnings == [])
        #expect(throws: DocumentError.self) { try ComponentSettings.load("\(folder.path)/none.json") }
    }
}
