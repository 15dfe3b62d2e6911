import TestSupport
import Testing

@testable import GreengrassModel

@Suite("Deployments")
struct DeploymentTests {
    private func componentFile(
        _ name: String,
        version: Int = 1,
        function: String = "",
        aliases: String = ""
    ) -> String {
        """
        {"lambdaFunction": {"lambdaArn": "arn:aws:lambda:::function:\(name):\(version)"\(function),
          "componentLambdaParameters": {"containerMode": "NoContainer"}},
         "functionConfiguration": {"Runtime": "python3.11", "Handler": "a.b", "CodeUri": "."\(aliases)}}
        """
    }

    /// The lines of what is thrown, without the path of the folder.
    private func failure(_ folder: TemporaryFolder) throws -> [String] {
        let error = try #require(throws: DocumentError.self) { try Deployment.load(in: folder.path) }
        return error.diagnostics.map { $0.description.replacing(folder.path + "/", with: "") }
    }

    @Test("without any file there are defaults")
    func nothing() throws {
        let folder = try TemporaryFolder(["x": ""])
        let deployment = try Deployment.load(in: folder.path)
        #expect(deployment.configuration == TrellisConfiguration(root: folder.path + "/.trellis"))
        #expect(
            deployment.components.isEmpty && deployment.subscriptions.rows.isEmpty
                && deployment.warnings.isEmpty
        )
    }

    @Test("a table next to where the configuration would be is taken")
    func tableAlone() throws {
        let row = #"{"subscriptions":{"a":{"id":"a","source":"cloud","subject":"x","target":"pubsub"}}}"#
        let folder = try TemporaryFolder(["subscriptions.json": row])
        let deployment = try Deployment.load(in: folder.path)
        #expect(deployment.configuration.subscriptionsPath == folder.path + "/subscriptions.json")
        #expect(deployment.subscriptions.rows.count == 1)
    }

    @Test("paths are relative to the file that names them")
    func paths() throws {
        let folder = try TemporaryFolder([
            "etc/trellis.json":
                #"{"root": "run", "subscriptions": "../s.json", "components": ["c/hello.json"]}"#,
            "etc/c/hello.json": componentFile("hello"),
            "s.json":
                #"{"subscriptions":{"a":{"id":"a","source":"component:hello","#
                + #""subject":"x","target":"cloud"}}}"#,
        ])
        let deployment = try Deployment.load(configurationPath: "etc/trellis.json", in: folder.path)
        #expect(deployment.configuration.root == folder.path + "/etc/run")
        #expect(deployment.components.map(\.code) == [.folder(folder.path + "/etc/c/.")])
        #expect(
            deployment.subscriptions.rows.map(\.source.description) == ["arn:aws:lambda:::function:hello:1"]
        )
        #expect(deployment.warnings == [])
        let overridden = try Deployment.load(
            configurationPath: "etc/trellis.json",
            root: "r",
            in: folder.path
        )
        #expect(overridden.configuration.root == folder.path + "/r")
    }

    @Test("a configuration that is asked for must exist")
    func missingConfiguration() throws {
        let error = try #require(throws: DocumentError.self) {
            try Deployment.load(configurationPath: "/nonexistent/trellis.json")
        }
        #expect(
            error.description == "/nonexistent/trellis.json: error: "
                + "found no such file; check the path and the folder it is relative to"
        )
    }

    @Test("the errors of all files are told at once")
    func allFiles() throws {
        let folder = try TemporaryFolder([
            "trellis.json": #"{"thingName": 1, "components": ["c.json", "missing.json"]}"#,
            "c.json": "{",
            "subscriptions.json":
                #"{"subscriptions":{"a":{"id":"b","source":"component:x","subject":"x","target":"cloud"}}}"#,
        ])
        #expect(
            try failure(folder) == [
                "trellis.json:1:15: error: thingName: found 1; allowed is a string",
                "c.json:1:2: error: found the end of the file; a key in double quotes is expected here",
                "missing.json: error: found no such file; check the path and the folder it is relative to",
                #"subscriptions.json:1:29: error: subscriptions.a.id: found "b"; the id must equal its "#
                    + #"key, "a""#,
            ]
        )
    }

    @Test("two components of one name, or of one function, are refused")
    func duplicates() throws {
        let folder = try TemporaryFolder([
            "trellis.json": #"{"components": ["a.json", "b.json", "c.json"]}"#,
            "a.json": componentFile("f"),
            "b.json": componentFile("f", function: #", "componentName": "g""#),
            "c.json": componentFile("f", version: 2),
        ])
        #expect(
            try failure(folder) == [
                #"b.json:1:34: error: lambdaFunction.lambdaArn: found "arn:aws:lambda:::function:f:1"; "#
                    + "a.json:1:34 has this function too; deploy it once",
                #"c.json:1:34: error: lambdaFunction.lambdaArn: found "arn:aws:lambda:::function:f:2"; "#
                    + "a.json:1:34 has this component too; give one of them another componentName",
            ]
        )
    }

    @Test("files must agree about an alias")
    func aliases() throws {
        let folder = try TemporaryFolder([
            "trellis.json": #"{"components": ["a.json", "b.json"]}"#,
            "a.json": componentFile("f", aliases: #", "Aliases": {"PROD": "1", "x": "1"}"#),
            "b.json": componentFile(
                "f",
                version: 2,
                function: #", "componentName": "g""#,
                aliases: #", "Aliases": {"PROD": "2", "x": "1"}"#
            ),
        ])
        #expect(
            try failure(folder) == [
                "b.json:3:98: error: functionConfiguration.Aliases: found an object; "
                    + #"another file says that "PROD" is version 1, this one says 2"#
            ]
        )
    }

    @Test("a component or a table alone is loaded too")
    func alone() throws {
        let folder = try TemporaryFolder(["c.json": componentFile("f"), "bad.json": "{}"])
        let (component, warnings) = try LambdaComponent.load(folder.path + "/c.json")
        #expect(component.name.description == "f")
        #expect(warnings == [])
        #expect(throws: DocumentError.self) { try LambdaComponent.load(folder.path + "/bad.json") }
    }

    @Test("files of any kind are checked by their keys")
    func check() throws {
        let row = #"{"subscriptions":{"a":{"id":"a","source":"component:g","subject":"x","target":"cloud"}}}"#
        let folder = try TemporaryFolder([
            "c.json": componentFile("f"), "s.json": row,
            "t.json": #"{"components": ["c.json"], "subscriptions": "s.json"}"#,
            "x.json": "[]",
        ])
        func check(_ names: String...) -> [String] {
            Deployment.check(names.map { "\(folder.path)/\($0)" })
                .map { $0.description.replacing(folder.path + "/", with: "") }
        }
        let undeployed =
            #"s.json:1:42: error: subscriptions.a.source: found "component:g"; "#
            + "this component is not deployed; did you mean component:f? deployed are f"
        #expect(check("c.json") == [])
        #expect(check("s.json") == [])
        #expect(check("s.json", "c.json") == [undeployed])
        #expect(check("t.json") == [undeployed])
        #expect(check("x.json") == ["x.json:1:1: error: found a list; allowed is an object"])
        #expect(check("n.json").count == 1)
    }
}
