import FoundationEssentials
import TestSupport
import Testing

@testable import GreengrassModel

@Suite("Generic components")
struct GenericComponentTests {
    /// The lines of what a configuration with `components` says, without the path of the folder.
    private func lines(_ components: String, _ files: [String: String] = [:]) throws -> [String] {
        let configuration = ["trellis.json": #"{"components": [\#(components)]}"#]
        let folder = try TemporaryFolder(configuration.merging(files) { $1 })
        do throws(DocumentError) {
            return try Deployment.load(in: folder.path).warnings.map(\.description)
        } catch {
            return error.diagnostics.map { $0.description.replacing(folder.path + "/", with: "") }
        }
    }

    @Test("every key is read")
    func everything() throws {
        let folder = try TemporaryFolder([
            "trellis.json": """
            {"components": [
              {"name": "com.example.Publisher", "version": "1.2.3", "run": ["python3", "-u", "p.py"],
               "environment": {"LEVEL": "3"}, "workingDirectory": "p", "restart": "always",
               "runWith": {"posixUser": "ggc_user:ggc_group"}, "shutdownTimeoutInSeconds": 5},
              {"name": "com.example.Script", "run": "sleep 1 && echo done"}]}
            """,
            "p/p.py": "",
        ])
        let deployment = try Deployment.load(in: folder.path)
        #expect(deployment.warnings == [])
        let file = "\(folder.path)/trellis.json"
        var publisher = GenericComponent(
            name: try ComponentName("com.example.Publisher"),
            command: ["python3", "-u", "p.py"],
            workingDirectory: "\(folder.path)/p",
            file: file
        )
        publisher.version = "1.2.3"
        publisher.environment = ["LEVEL": "3"]
        publisher.restart = .always
        publisher.posixUser = PosixUser("ggc_user:ggc_group")
        publisher.shutdownTimeout = .seconds(5)
        let script = GenericComponent(
            name: try ComponentName("com.example.Script"),
            command: ["/bin/sh", "-c", "sleep 1 && echo done"],
            workingDirectory: folder.path,
            file: file
        )
        #expect(deployment.genericComponents == [publisher, script])
        #expect(script.version == "1.0.0" && script.restart == .onFailure)
        #expect(script.shutdownTimeout == .seconds(15))
    }

    @Test(
        "what is wrong is told with its place",
        arguments: [
            (#"{"run": "a"}"#, #"1:17: error: components[0]: found no such key; the key "name" is required"#),
            (#"{"name": "a b", "run": "a"}"#, #"1:26: error: components[0].name: found "a b"; "#),
            (
                #"{"name": "a", "run": []}"#,
                "1:38: error: components[0].run: found a list without a program; run is a list, the program "
                    + "and its arguments, or a text for the shell"
            ),
            (#"{"name": "a", "run": ["a", 1]}"#, "error: components[0].run[1]: found 1; allowed is a string"),
            (#"{"name": "a", "run": ""}"#, #"found ""; allowed is a string that is not empty"#),
            (
                #"{"name": "a", "run": "a", "restart": "no"}"#,
                #"allowed is "always" or "on-failure" or "never""#
            ),
            (#"{"name": "a", "run": "a", "workingDirectory": "x"}"#, "there is no such folder"),
            (#"{"name": "a", "run": "a", "version": "1"}"#, "a component version is a semantic version"),
            (
                #"{"name": "a", "run": "a", "environment": {"A=B": ""}}"#,
                "the name of a variable is not empty"
            ),
            (#"{"name": "a", "run": "a", "runwith": {}}"#, #"unknown key "runwith""#),
            ("7", "a component is the path of its file, or an object with its name and run"),
        ]
    )
    func mistakes(component: String, message: String) throws {
        let lines = try lines(component)
        #expect(lines.count == 1 && lines[0].contains(message), "\(lines)")
    }

    @Test("a name stands once, among functions too")
    func unique() throws {
        let function = """
            {"lambdaFunction": {"lambdaArn": "arn:aws:lambda:::function:b:1"},
             "functionConfiguration": {"Runtime": "python3.11", "Handler": "a.b", "CodeUri": "."}}
            """
        let component = { (name: String) in #"{"name": "\#(name)", "run": "true"}"# }
        let lines = try lines(
            [component("a"), component("a"), component("b"), #""b.json""#].joined(separator: ", "),
            ["b.json": function]
        )
        #expect(
            lines.map { $0.prefix { $0 != ";" } } == [
                #"trellis.json:1:56: error: components[1].name: found "a""#,
                #"trellis.json:1:86: error: components[2].name: found "b""#,
            ]
        )
    }

    @Test("a subscription does not name one, and the error says what does instead")
    func subscription() throws {
        let row = #"{"id": "r", "source": "component:a", "subject": "x", "target": "cloud"}"#
        let lines = try lines(
            #"{"name": "a", "run": "true"}"#,
            ["subscriptions.json": #"{"subscriptions": {"r": \#(row)}}"#]
        )
        #expect(lines.count == 1 && lines[0].contains("this component is no Lambda function"), "\(lines)")
    }

    @Test("a function may depend on a generic component of the right version")
    func dependency() throws {
        let function = { (requirement: String) in
            """
            {"lambdaFunction": {"lambdaArn": "arn:aws:lambda:::function:f:1",
              "componentDependencies": {"a": {"versionRequirement": "\(requirement)"}}},
             "functionConfiguration": {"Runtime": "python3.11", "Handler": "a.b", "CodeUri": "."}}
            """
        }
        let components = #"{"name": "a", "version": "1.5.0", "run": "true"}, "f.json""#
        #expect(try lines(components, ["f.json": function("^1.0.0")]) == [])
        let wrong = try lines(components, ["f.json": function("^2.0.0")])
        #expect(wrong.count == 1 && wrong[0].contains("a is deployed in version 1.5.0"), "\(wrong)")
    }

    @Test("the example in docs/components.md is right, and its defaults are those of the program")
    func documentation() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let page = String(
            decoding: try Data(contentsOf: root.appending(path: "docs/components.md")),
            as: UTF8.self
        )
        let example = try #require(page.split(separator: "```json\n").dropFirst().first)
        let text = String(example.prefix { $0 != "`" }).replacing(#""hello/component.json","#, with: "")
        let folder = try TemporaryFolder(["trellis.json": text, "publisher/publisher.py": ""])
        let deployment = try Deployment.load(in: folder.path)
        #expect(deployment.warnings == [])
        let defaults = GenericComponent(
            name: try ComponentName("a"),
            command: ["a"],
            workingDirectory: "/"
        )
        #expect(deployment.genericComponents.map(\.restart) == [defaults.restart])
        #expect(deployment.genericComponents.map(\.shutdownTimeout) == [defaults.shutdownTimeout])
        #expect(page.contains("| `version` | `\(defaults.version)` |"))
        #expect(page.contains("| `restart` | `on-failure` |") && defaults.restart == .onFailure)
        let seconds = defaults.shutdownTimeout.components.seconds
        #expect(page.contains("| `shutdownTimeoutInSeconds` | \(seconds) |"))
    }

    @Test("a component is read again from its file, which must still have it")
    func rereading() throws {
        let folder = try TemporaryFolder(["trellis.json": #"{"components": [{"name": "a", "run": "one"}]}"#])
        let deployed = try Deployment.load(in: folder.path).genericComponents
        let names: Set = [try ComponentName("a")]
        try folder.write(
            #"{"components": [{"name": "b", "run": "x"}, {"name": "a", "run": "two"}]}"#.utf8,
            to: "trellis.json"
        )
        let (components, warnings) = try GenericComponent.reread(names, of: deployed)
        #expect(components.map(\.command) == [["/bin/sh", "-c", "two"]] && warnings == [])
        try folder.write(#"{"components": []}"#.utf8, to: "trellis.json")
        let error = try #require(throws: DocumentError.self) {
            try GenericComponent.reread(names, of: deployed)
        }
        #expect(error.description.contains("a is not among the components any more"))
    }
}
