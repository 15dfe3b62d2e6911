import TestSupport
import Testing
import TopicRouter

@testable import GreengrassModel

@Suite("Lambda component files")
struct LambdaComponentTests {
    private static let arn = "arn:aws:lambda:eu-central-1:123456789012:function:hello:3"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder(["function/app.py": "", "function.zip": ""])
    }

    /// Reads a component file with these parameters; no container is asked for, unless `isolation` is empty.
    private func component(
        parameters: String = "",
        function: String = #""lambdaArn": "\#(arn)""#,
        configuration: String = #""Runtime": "python3.11", "Handler": "app.handler", "CodeUri": "function""#,
        isolation: String = #""containerMode": "NoContainer""#
    ) -> Outcome<LambdaComponent> {
        let all = [parameters, isolation].filter { !$0.isEmpty }.joined(separator: ", ")
        let text = """
            {"functionConfiguration": {\(configuration)},
            "lambdaFunction": {\(function), "componentLambdaParameters": {
            \(all)}}}
            """
        return read(text, as: "c.json") { ComponentFile.read($0, folder: folder.path)?.component }
    }

    @Test("the least that a file can say, and the defaults for the rest")
    func defaults() throws {
        let text = """
            {"lambdaFunction": {"lambdaArn": "\(Self.arn)"},
             "functionConfiguration": {"Runtime": "python3.11", "Handler": "app.handler",
              "CodeUri": "function"}}
            """
        let outcome = read(text, as: "c.json") { ComponentFile.read($0, folder: folder.path)?.component }
        let component = try #require(outcome.value)
        #expect(component.name.description == "hello")
        #expect(component.version == "3.0.0")
        #expect(component.arn.description == Self.arn)
        #expect(component.runtime == "python3.11")
        #expect(component.handler.description == "app.handler")
        #expect(component.code == .folder("\(folder.path)/function"))
        #expect(component.aliases.isEmpty && component.dependencies.isEmpty)
        let parameters = component.parameters
        #expect(parameters == LambdaParameters())
        #expect(parameters.isPinned && parameters.eventSources.isEmpty)
        #expect([parameters.maxQueueSize, parameters.maxInstancesCount] == [1000, 100])
        #expect(
            [parameters.maxIdleTime, parameters.timeout, parameters.statusTimeout]
                == [.seconds(60), .seconds(3), .seconds(60)]
        )
        #expect(parameters.payloadEncoding == .json && parameters.isolationMode == .greengrassContainer)
        #expect(parameters.container.memorySizeKB == 16_384 && !parameters.container.mountsReadOnlySysfs)
        #expect(outcome.lines == [])
    }

    private static let api = """
        "eventSources": [{"topic": "a/+", "type": "IOT_CORE"}, {"topic": "b/#", "type": "PUB_SUB"}],
        "maxQueueSize": 10, "maxInstancesCount": 20, "maxIdleTimeInSeconds": 0, "timeoutInSeconds": 40,
        "statusTimeoutInSeconds": 50, "pinned": true, "inputPayloadEncodingType": "binary",
        "execArgs": ["-v", "x"], "environmentVariables": {"A": "1", "B": ""},
        "linuxProcessParams": {"isolationMode": "GreengrassContainer", "containerParams": {
            "memorySizeInKB": 2048, "mountROSysfs": true,
            "volumes": [{"sourcePath": "/a", "destinationPath": "/b", "permission": "rw",
             "addGroupOwner": true}],
            "devices": [{"path": "/dev/null"}]}}
        """
    private static let device = """
        "pubsubTopics": {"1": {"topic": "b/#", "type": "Pubsub"}, "0": {"topic": "a/+", "type": "IotCore"}},
        "maxQueueSize": 10.0, "maxInstancesCount": 2e1, "maxIdleTimeInSeconds": 0.0, "timeoutInSeconds": 40.0,
        "statusTimeoutInSeconds": 50.0, "pinned": true, "inputPayloadEncodingType": "binary",
        "execArgs": {"0": "-v", "1": "x"}, "lambdaExecutionParameters": {"EnvironmentVariables": {"A": "1",
         "B": ""}},
        "containerMode": "GreengrassContainer", "containerParams": {
            "memorySize": 2048.0, "mountROSysfs": true,
            "volumes": {"0": {"sourcePath": "/a", "destinationPath": "/b", "permission": "rw",
             "addGroupOwner": true}},
            "devices": {"0": {"path": "/dev/null"}}}
        """

    @Test("the API's spelling, a device's, and both at once mean the same", arguments: [api, device, ""])
    func spellings(text: String) throws {
        // The device's own keys do not stand twice when both are given.
        let both =
            Self.api + ", "
            + Self.device.split(separator: "\n").filter { !$0.contains("InSeconds") }
            .joined().replacing(#""execArgs": {"0": "-v", "1": "x"}, "#, with: "")
        let outcome = component(parameters: text.isEmpty ? both : text, isolation: "")
        let parameters = try #require(outcome.value?.parameters, "\(outcome.lines)")
        #expect(
            parameters.eventSources == [
                EventSource(topic: try TopicFilter("a/+"), kind: .iotCore),
                EventSource(topic: try TopicFilter("b/#"), kind: .pubSub),
            ]
        )
        #expect([parameters.maxQueueSize, parameters.maxInstancesCount] == [10, 20])
        #expect(
            [parameters.maxIdleTime, parameters.timeout, parameters.statusTimeout]
                == [.zero, .seconds(40), .seconds(50)]
        )
        #expect(parameters.isPinned && parameters.payloadEncoding == .binary)
        #expect(parameters.execArguments == ["-v", "x"])
        #expect(parameters.environmentVariables == ["A": "1", "B": ""])
        #expect(parameters.container.memorySizeKB == 2048 && parameters.container.mountsReadOnlySysfs)
        #expect(
            parameters.container.volumes == [
                .init(sourcePath: "/a", destinationPath: "/b", permission: .readWrite, addsGroupOwner: true)
            ]
        )
        #expect(
            parameters.container.devices == [
                .init(path: "/dev/null", permission: .readOnly, addsGroupOwner: false)
            ]
        )
    }

    @Test(
        "what is right is read without a word",
        arguments: [
            #""lambdaParams": {"EnvironmentVariables": {"A": "\n"}}"#,
            #""eventSources": [{"topic": "a/#", "type": "IotCore"}, {"topic": "+/a", "type": "Pubsub"}]"#,
            #""environmentVariables": {"A": "1"}, "lambdaParams": {"EnvironmentVariables": {"A": "1"}}"#,
            #""linuxProcessParams": {"isolationMode": "NoContainer"}"#,
            #""eventSources": [], "pubsubTopics": {}"#,
            #""eventSources": [{"topic": "$share/g-1/a/#", "type": "IOT_CORE"}]"#,
        ]
    )
    func silent(parameters: String) {
        let outcome = component(parameters: parameters)
        #expect(outcome.lines == [])
        #expect(outcome.value != nil)
    }

    @Test(
        "what is wrong in the parameters is told with its place",
        arguments: [
            (#""pinned": "true""#, #"11: error: P.pinned: found "true"; allowed is true or false"#),
            (
                #""maxQueueSize": 0"#,
                "17: error: P.maxQueueSize: found 0; allowed is a whole number from 1 to 1000000"
            ),
            (
                #""maxQueueSize": 1.5"#,
                "17: error: P.maxQueueSize: found 1.5; allowed is a whole number from 1 to 1000000"
            ),
            (
                #""maxQueueSize": "9""#,
                #"17: error: P.maxQueueSize: found "9"; allowed is a whole number from 1 to 1000000"#
            ),
            (
                #""maxQueueSize": null"#,
                "17: error: P.maxQueueSize: found null; allowed is a whole number from 1 to 1000000"
            ),
            (
                #""maxInstancesCount": 1001"#,
                "22: error: P.maxInstancesCount: found 1001; allowed is a whole number from 1 to 1000"
            ),
            (
                #""maxIdleTimeInSeconds": -1"#,
                "25: error: P.maxIdleTimeInSeconds: found -1; allowed is a whole number from 0 to 2147483647"
            ),
            (
                #""timeoutInSeconds": 0"#,
                "21: error: P.timeoutInSeconds: found 0; allowed is a whole number from 1 to 2147483647"
            ),
            (
                #""timeoutInSeconds": 1e999"#,
                "21: error: P.timeoutInSeconds: found 1e999; allowed is a whole number from 1 to 2147483647"
            ),
            (
                #""statusTimeoutInSeconds": 0"#,
                "27: error: P.statusTimeoutInSeconds: found 0; allowed is a whole number from 1 to 2147483647"
            ),
            (
                #""inputPayloadEncodingType": "JSON""#,
                #"29: error: P.inputPayloadEncodingType: found "JSON"; allowed is "json" or "binary""#
            ),
            (
                #""execArgs": "-v""#,
                #"13: error: P.execArgs: found "-v"; allowed is a list, or an object with the keys "0", "#
                    + #""1" and so on"#
            ),
            (#""execArgs": [1]"#, "14: error: P.execArgs[0]: found 1; allowed is a string"),
            (
                #""eventSources": {"a": 1}"#,
                "17: error: P.eventSources: found an object; allowed is a list, or an object with the keys "
                    + #""0", "1" and so on"#
            ),
            (
                #""eventSources": [{"topic": "a", "type": "MQTT"}]"#,
                #"41: error: P.eventSources[0].type: found "MQTT"; allowed is "PUB_SUB" or "IOT_CORE" "#
                    + #"or "Pubsub" "#
                    + #"or "IotCore""#
            ),
            (
                #""eventSources": [{"topic": "$share/g/a", "type": "PUB_SUB"}]"#,
                #"28: error: P.eventSources[0].topic: found "$share/g/a"; only messages from IOT_CORE are "#
                    + "shared: take $share/GROUP/ out"
            ),
            (
                #""eventSources": [{"topic": "$share/g", "type": "IOT_CORE"}]"#,
                #"28: error: P.eventSources[0].topic: found "$share/g"; a shared subscription is "#
                    + "$share/GROUP/FILTER; a group has 1 to 64 letters, digits, - and _"
            ),
            (
                #""eventSources": [{"type": "PUB_SUB"}]"#,
                #"18: error: P.eventSources[0]: found no such key; the key "topic" is required"#
            ),
            (
                #""environmentVariables": {"A=": ""}"#,
                #"26: error: P.environmentVariables: found the name "A="; the name of a variable is not "#
                    + #"empty "#
                    + "and has no = in it"
            ),
            (
                #""environmentVariables": {"A": 1}"#,
                "31: error: P.environmentVariables.A: found 1; allowed is a string"
            ),
            (
                #""environmentVariables": {"A": "\u0000"}"#,
                #"31: error: P.environmentVariables.A: found "\u{0}"; allowed is a string without the "#
                    + #"character U+0000"#
            ),
            (
                #""environmentVariables": {"A": "1"}, "lambdaParams": {"EnvironmentVariables": {"A": "2"}}"#,
                "78: error: P.lambdaParams.EnvironmentVariables: found an object; "
                    + "P.environmentVariables at 3:25 says something else; give it once"
            ),
            (
                #""linuxProcessParams": {"isolationMode": "Container"}"#,
                #"41: error: P.linuxProcessParams.isolationMode: found "Container"; "#
                    + #"allowed is "GreengrassContainer" or "NoContainer""#
            ),
            (
                #""containerParams": {"memorySize": 0}"#,
                "35: error: P.containerParams.memorySize: found 0; allowed is a whole number from 1 to "
                    + "2147483647"
            ),
            (
                #""containerParams": {"memorySize": 1, "memorySizeInKB": 2}"#,
                "35: error: P.containerParams.memorySize: found 1; "
                    + "P.containerParams.memorySizeInKB at 3:56 says something else; give it once"
            ),
            (
                #""containerParams": {"volumes": [{"sourcePath": ""}]}"#,
                #"33: error: P.containerParams.volumes[0]: found no such key; the key "destinationPath" "#
                    + #"is required"#
            ),
            (
                #""containerParams": {"volumes": [{"sourcePath": "a", "destinationPath": "/a"}]}"#,
                #"48: error: P.containerParams.volumes[0].sourcePath: found "a"; an absolute path of the "#
                    + "host begins with /"
            ),
            (
                #""containerParams": {"volumes": [{"sourcePath": "/a", "destinationPath": "/a/../usr"}]}"#,
                #"73: error: P.containerParams.volumes[0].destinationPath: found "/a/../usr"; a path in the "#
                    + "container has no . or .. in it"
            ),
            (
                #""containerParams": {"volumes": [{"sourcePath": "/a", "destinationPath": "/proc/1"}]}"#,
                #"73: error: P.containerParams.volumes[0].destinationPath: found "/proc/1"; the container "#
                    + "has its own /proc/1; choose another destination"
            ),
            (
                #""containerParams": {"devices": [{"path": "/d"}]}"#,
                #"42: error: P.containerParams.devices[0].path: found "/d"; the path of a device begins "#
                    + "with /dev/"
            ),
            (
                #""containerParams": {"devices": [{"path": "/dev/d", "permission": "w"}]}"#,
                #"66: error: P.containerParams.devices[0].permission: found "w"; allowed is "ro" or "rw""#
            ),
            (
                #""timeOutInSeconds": 3"#,
                #"1: warning: P: found the unknown key "timeOutInSeconds", which is ignored; "#
                    + #"did you mean "timeoutInSeconds"?"#
            ),
            (
                #""eventSources": [{"topic": "a", "type": "PUB_SUB"}, {"topic": "a", "type": "Pubsub"}]"#,
                "53: warning: P.eventSources[1]: found this event source twice; the two are one"
            ),
        ]
    )
    func parameters(text: String, expected: String) {
        let outcome = component(parameters: text)
        let path = "lambdaFunction.componentLambdaParameters"
        let line = "c.json:3:" + expected.replacing("P.", with: path + ".").replacing("P:", with: path + ":")
        #expect(outcome.lines.contains(line), "\(outcome.lines)")
        #expect((outcome.value == nil) == expected.contains(" error: "))
    }

    @Test(
        "what is wrong with the function is told with its place",
        arguments: [
            (#""componentName": "a""#, #"19: error: F: found no such key; the key "lambdaArn" is required"#),
            (
                #""lambdaArn": "hello""#,
                #"33: error: F.lambdaArn: found "hello"; a function ARN looks like "#
                    + "arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION"
            ),
            (
                #""lambdaArn": "arn:aws:lambda:::function:f:$LATEST""#,
                #"33: error: F.lambdaArn: found "arn:aws:lambda:::function:f:$LATEST"; the ARN must end "#
                    + #"with a version "#
                    + "number, for example arn:aws:lambda:::function:f:1"
            ),
            (
                #""lambdaArn": "\#(arn)", "componentName": "..""#,
                #"111: error: F.componentName: found ".."; a component name is 1 to 128 letters, "#
                    + #"digits, dots, hyphens "#
                    + "and underscores"
            ),
            (
                #""lambdaArn": "\#(arn)", "componentVersion": "3""#,
                #"114: error: F.componentVersion: found "3"; a component version is a semantic version "#
                    + #"of at most 64 "#
                    + "characters, for example 1.0.0"
            ),
            (
                #""lambdaArn": "\#(arn)", "componentDependencies": {"a/b": {}}"#,
                #"120: error: F.componentDependencies."a/b": found "a/b"; a component name is 1 to 128 "#
                    + #"letters, "#
                    + "digits, dots, hyphens and underscores"
            ),
            (
                #""lambdaArn": "\#(arn)", "componentDependencies": {"a": {"dependencyType": "hard"}}"#,
                #"144: error: F.componentDependencies.a.dependencyType: found "hard"; allowed is "HARD" "#
                    + #"or "SOFT""#
            ),
            (
                #""lambdaArn": "\#(arn)", "componentDependencies": {"a": {"versionRequirement": "1."}}"#,
                #"148: error: F.componentDependencies.a.versionRequirement: found "1."; a version "#
                    + "requirement is like >=1.0.0 <2.0.0, ^1.2.0, ~1.2, 1.x or *"
            ),
            (
                #""lambdaArn": "\#(arn)", "componentPlatforms": [{"attributes": {"os": 1}}]"#,
                "139: error: F.componentPlatforms[0].attributes.os: found 1; allowed is a string"
            ),
        ]
    )
    func function(text: String, expected: String) {
        let outcome = component(function: text)
        let line =
            "c.json:2:"
            + expected.replacing("F.", with: "lambdaFunction.").replacing("F:", with: "lambdaFunction:")
        #expect(outcome.lines == [line])
        #expect(outcome.value == nil)
    }

    @Test("name, version, dependencies and platforms are read")
    func function() throws {
        let outcome = component(
            function: """
                "lambdaArn": "\(Self.arn)", "componentName": "com.example.Hello",
                 "componentVersion": "1.2.3-rc.1",
                "componentDependencies": {"a": {"versionRequirement": ">=1.0.0"},
                 "b": {"dependencyType": "SOFT"}},
                "componentPlatforms": [{"name": "linux", "attributes": {"os": "linux"}}]
                """
        )
        let component = try #require(outcome.value)
        #expect(outcome.lines == [])
        #expect([component.name.description, component.version] == ["com.example.Hello", "1.2.3-rc.1"])
        #expect(
            component.dependencies == [
                ComponentDependency(
                    name: try ComponentName("a"),
                    versionRequirement: VersionRequirement(">=1.0.0"),
                    kind: .hard
                ),
                ComponentDependency(name: try ComponentName("b"), versionRequirement: nil, kind: .soft),
            ]
        )
    }

    @Test("the code may be a zip archive, and a function may run on demand")
    func archiveOnDemand() throws {
        let text = """
            {"lambdaFunction": {"lambdaArn": "\(Self.arn)", "componentLambdaParameters": {
              "pinned": false, "maxInstancesCount": 3, "maxIdleTimeInSeconds": 0,
              "linuxProcessParams": {"isolationMode": "NoContainer"}}},
             "functionConfiguration": {"Runtime": "python3.11", "Handler": "app.handler",
              "CodeUri": "function.zip"}}
            """
        let outcome = read(text, as: "c.json") { ComponentFile.read($0, folder: folder.path)?.component }
        let component = try #require(outcome.value)
        #expect(outcome.lines == [])
        #expect(component.code == .archive("\(folder.path)/function.zip"))
        #expect(!component.parameters.isPinned)
        #expect(component.parameters.maxInstancesCount == 3)
        #expect(component.parameters.maxIdleTime == .zero)
    }

    @Test(
        "what is wrong with the configuration is told with its place",
        arguments: [
            (
                "Runtime", #""../python""#,
                #"39: error: C.Runtime: found "../python"; a runtime is Lambda's word for it, "#
                    + "for example python3.11"
            ),
            (
                "Handler", #""app""#,
                #"39: error: C.Handler: found "app"; a handler is module.function, without spaces "#
                    + "and at most 128 characters, like app.handler"
            ),
            (
                "CodeUri", #""function/app.py""#,
                #"39: error: C.CodeUri: found "function/app.py"; CodeUri must be a folder, or an "#
                    + "archive whose name ends with .zip"
            ),
            (
                "CodeUri", #""missing""#,
                #"39: error: C.CodeUri: found "missing"; there is no such folder or archive; the path is "#
                    + "relative to the folder of this file"
            ),
            ("CodeUri", #""""#, #"39: error: C.CodeUri: found ""; allowed is a string that is not empty"#),
            (
                "Aliases", #"{"v1": "x"}"#,
                #"46: error: C.Aliases.v1: found "x"; an alias stands for a version number in "#
                    + #"quotes, for example "1""#
            ),
            (
                "Aliases", #"{"1": "1"}"#,
                #"40: error: C.Aliases.1: found "1"; an alias is letters, digits, hyphens and "#
                    + "underscores, and not digits alone"
            ),
            (
                "handler", "1",
                #"28: warning: C: found the unknown key "handler", which is ignored; "#
                    + #"did you mean "Handler"?"#
            ),
        ]
    )
    func configuration(key: String, value: String, expected: String) {
        let keys = ["Runtime": #""python3.11""#, "Handler": #""app.handler""#, "CodeUri": #""function""#]
        let rest = keys.filter { $0.key != key }.sorted(by: <).map { ", \"\($0.key)\": \($0.value)" }.joined()
        let outcome = component(configuration: "\"\(key)\": \(value)\(rest)")
        let path = "functionConfiguration"
        let line = "c.json:1:" + expected.replacing("C.", with: path + ".").replacing("C:", with: path + ":")
        #expect(outcome.lines == [line])
    }

    @Test("aliases are read")
    func aliases() throws {
        let outcome = component(
            configuration: """
                "Runtime": "python3.11", "Handler": "app.handler", "CodeUri": "function",
                "Aliases": {"v1": "1", "PROD": "3"}
                """
        )
        #expect(outcome.value?.aliases == ["v1": "1", "PROD": "3"])
    }

    @Test("what concerns AWS alone is passed over, the rest at the top is told")
    func topLevel() {
        let outcome = read(#"{"tags": {}, "clientToken": "x", "inlineRecipe": ""}"#, as: "c.json") {
            ComponentFile.read($0, folder: ".")
        }
        #expect(
            outcome.lines == [
                #"c.json:1:1: error: found no such key; the key "lambdaFunction" is required"#,
                #"c.json:1:1: error: found no such key; the key "functionConfiguration" is required"#,
                #"c.json:1:34: warning: found the unknown key "inlineRecipe", which is ignored; "#
                    + #"known are clientToken, "#
                    + "functionConfiguration, lambdaFunction, tags",
            ]
        )
    }
}
