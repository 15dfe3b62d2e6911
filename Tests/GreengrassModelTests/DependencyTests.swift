import TestSupport
import Testing

@testable import GreengrassModel

@Suite("Dependencies between components")
struct DependencyTests {
    /// Files of the components `a`, `b`, …, each with the dependencies given.
    private func folder(_ dependencies: [String], versions: [String] = []) throws -> TemporaryFolder {
        let names = ["a", "b", "c", "d"].prefix(dependencies.count)
        let list = names.map { "\"\($0).json\"" }.joined(separator: ", ")
        var files = ["trellis.json": #"{"components": [\#(list)]}"#]
        for (index, name) in names.enumerated() {
            let version = index < versions.count ? versions[index] : "1.0.0"
            files["\(name).json"] = Self.file(name, dependencies[index], version: version)
        }
        return try TemporaryFolder(files)
    }

    private static func file(_ name: String, _ dependencies: String, version: String = "1.0.0") -> String {
        """
        {"lambdaFunction": {"componentVersion": "\(version)",
          "lambdaArn": "arn:aws:lambda:::function:\(name):1",
          "componentDependencies": {\(dependencies)},
          "componentLambdaParameters": {"containerMode": "NoContainer"}},
         "functionConfiguration": {"Runtime": "python3.11", "Handler": "a.b", "CodeUri": "."}}
        """
    }

    /// What there is to say about the files, without their place.
    private func lines(_ folder: TemporaryFolder) -> [String] {
        var diagnostics: [Diagnostic] = []
        do throws(DocumentError) {
            diagnostics = try Deployment.load(in: folder.path).warnings
        } catch {
            diagnostics = error.diagnostics
        }
        return diagnostics.map { $0.description.replacing(folder.path + "/", with: "") }
    }

    @Test(
        "what a component needs HARD must be deployed, or be one of Greengrass' own components",
        arguments: [
            (#""b": {}, "x": {"dependencyType": "SOFT"}, "aws.greengrass.LambdaManager": {}"#, nil),
            (
                #""x": {}"#,
                #"a.json:3:34: error: lambdaFunction.componentDependencies.x: found "x"; "#
                    + "this component is not deployed; deploy it, or make the dependencyType SOFT"
            ),
            (
                #""aws.greengrass.TokenExchangeService": {"versionRequirement": "^2.0.0"}"#,
                #"a.json:3:68: warning: "#
                    + #"lambdaFunction.componentDependencies."aws.greengrass.TokenExchangeService": "#
                    + "nothing stands in for aws.greengrass.TokenExchangeService, a component of "
                    + "Greengrass: the function runs without it"
            ),
        ] as [(String, String?)]
    )
    func presence(dependencies: String, line: String?) throws {
        #expect(lines(try folder([dependencies, ""])) == [line].compactMap(\.self))
    }

    @Test("the version that is deployed must be one that does, HARD or SOFT", arguments: ["HARD", "SOFT"])
    func versions(kind: String) throws {
        let needs = #""b": {"versionRequirement": ">=1.0.0 <2.0.0", "dependencyType": "\#(kind)"}"#
        #expect(lines(try folder([needs, ""], versions: ["1.0.0", "1.9.9"])) == [])
        #expect(
            lines(try folder([needs, ""], versions: ["1.0.0", "2.0.0"])) == [
                #"a.json:3:34: error: lambdaFunction.componentDependencies.b: found ">=1.0.0 <2.0.0"; "#
                    + "b is deployed in version 2.0.0; deploy one that does, or change the versionRequirement"
            ]
        )
    }

    @Test(
        "a circle is refused, and named",
        arguments: [
            ([#""a": {}"#], "a → a"),
            ([#""b": {}"#, #""c": {"dependencyType": "SOFT"}"#, #""b": {}"#], "b → c → b"),
        ]
    )
    func cycles(dependencies: [String], circle: String) throws {
        let line = try #require(lines(try folder(dependencies)).first)
        #expect(line.contains("error"))
        #expect(line.contains("found \(circle); these components depend on one another"), "\(line)")
    }

    @Test("components start after what they depend on, and else in their order")
    func order() throws {
        let folder = try folder([#""d": {}, "c": {"dependencyType": "SOFT"}"#, "", #""d": {}"#, ""])
        let components = try Deployment.load(in: folder.path).components
        #expect(components.map(\.name.description) == ["a", "b", "c", "d"])
        #expect(components.inStartOrder.map(\.name.description) == ["d", "c", "a", "b"])
    }

    @Test("a chain as long as there may be components is no problem")
    func chain() throws {
        let components = try (0..<1_000).map { number in
            LambdaComponent(
                name: try ComponentName("c\(number)"),
                version: "1.0.0",
                arn: try functionARN("c\(number)", 1),
                dependencies: [
                    ComponentDependency(
                        name: try ComponentName("c\(number + 1)"),
                        versionRequirement: nil,
                        kind: .hard
                    )
                ],
                runtime: "python3.11",
                handler: try #require(FunctionHandler("a.b")),
                code: .folder("/code")
            )
        }
        #expect(components.dependencyCycle == nil)
        #expect(components.inStartOrder.map(\.name) == components.reversed().map(\.name))
    }

    @Test("a file that is read again is checked against what is deployed")
    func reread() throws {
        let folder = try folder([#""b": {"versionRequirement": "^1.0.0"}"#, "", ""])
        let deployed = try Deployment.load(in: folder.path).components
        func reread(_ text: String) throws -> String {
            try folder.write(text.utf8, to: "b.json")
            let name = try ComponentName("b")
            do throws(DocumentError) {
                let read = try Deployment.reread([name], of: deployed)
                return read.components.map(\.version).joined()
            } catch {
                return error.diagnostics.map(\.message).joined()
            }
        }
        #expect(try reread(Self.file("b", "", version: "1.5.0")) == "1.5.0")
        #expect(try reread(Self.file("b", "", version: "2.0.0")).contains("a needs a version that is ^1.0.0"))
        #expect(try reread(Self.file("b", #""a": {}"#)).contains("a → b → a"))
        #expect(try reread(Self.file("x", "")).contains("was deployed as b"))
        #expect(try reread(Self.file("c", "")).contains("was deployed as b"))
        #expect(try reread("{").contains("end of the file"))
        let taken = Self.file("c", "")
            .replacing(#""componentVersion""#, with: #""componentName": "b", "componentVersion""#)
        #expect(try reread(taken).contains("c has this function too"))
    }
}
