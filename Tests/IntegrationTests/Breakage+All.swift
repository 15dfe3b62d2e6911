import Foundation
import Glibc

extension Breakage {
    static let all = wholeFiles + configurations + components + tables

    private static func bytes(_ file: String, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = Array((files[file] ?? "").utf8)
        change(&bytes)
        return bytes
    }

    private static let wholeFiles = files.keys.sorted().flatMap { file in
        let deep = String(repeating: "[", count: 100)
        return [
            Breakage(file, .bytes([], place: "1:1"), "found the end of the file; a value is expected here"),
            Breakage(file, .bytes(Array("[1]".utf8), place: "1:1"), "allowed is an object"),
            Breakage(
                file,
                .bytes([0xEF, 0xBB, 0xBF] + bytes(file) { _ in }, place: "1:1"),
                "found a byte order mark; save the file as UTF-8 without one"
            ),
            Breakage(
                file,
                .bytes(bytes(file) { $0.insert(0, at: 1) }, place: "1:2"),
                "a key in double quotes is expected here"
            ),
            Breakage(
                file,
                .bytes(bytes(file) { $0.insert(0xFF, at: 5) }, place: "2:4"),
                "found a byte that is not UTF-8"
            ),
            Breakage(file, .bytes(Array(deep.utf8), place: "1:65"), "64"),
            Breakage(
                file,
                .bytes([UInt8](repeating: UInt8(ascii: " "), count: 9 << 20), place: nil),
                "found a file of 9437184 bytes; 8388608 bytes are the most"
            ),
            Breakage(file, .other { mkdir($0, 0o755) }, "found a folder; a JSON file is expected"),
            Breakage(file, .other { mkfifo($0, 0o644) }, "found neither a file nor a folder"),
            Breakage(file, .other { symlink("/dev/zero", $0) }, "found neither a file nor a folder"),
            // A regular file whose reading fails, for whatever user.
            Breakage(file, .other { symlink("/proc/self/mem", $0) }, "the file can't be read"),
            Breakage(file, .other { symlink($0, $0) }, "found neither a file nor a folder"),
        ]
    }

    private static let configurations = [
        Breakage("trellis.json", .replace("\"root\"", with: "root"), "a key in double quotes is expected"),
        Breakage(
            "trellis.json",
            .bytes(bytes("trellis.json") { $0.removeLast(2) }, place: "8:39"),
            "found the end of the file; a comma or \"}\" is expected here"
        ),
        Breakage(
            "trellis.json",
            .replace("\"thingName\"", with: "\"root\"", at: "\"root\": \"thing\""),
            "root"
        ),
        Breakage("trellis.json", .replace("\"thing\"", with: "\"a thing\""), "a thing name is 1 to 128"),
        Breakage("trellis.json", .replace("0}", with: "70000}"), "a whole number from 0 to 65535"),
        Breakage("trellis.json", .replace("0}", with: "1e400}"), "a whole number from 0 to 65535"),
        Breakage(
            "trellis.json",
            .replace("0}", with: String(repeating: "9", count: 400) + "}", at: "},\n  \"mqtt\""),
            "found a number of 400 characters; 64 are the most"
        ),
        Breakage(
            "trellis.json",
            .replace("\"none\"", with: "\"http://a\""),
            "an endpoint is embedded, none, or"
        ),
        Breakage("trellis.json", .replace("60000", with: "-1"), "a whole number from 0"),
        Breakage("trellis.json", .replace("10}", with: "0}", at: "0}\n"), "a whole number from 1"),
        Breakage("trellis.json", .replace("[\"hello.json\"]", with: "\"hello.json\""), "a list"),
        Breakage("trellis.json", .replace("\"subscriptions.json\"", with: "7"), "a string"),
        Breakage("trellis.json", .replace("\"root\",", with: "\"\\u0000\","), "without the character U+0000"),
    ]

    private static let components = [
        replacing("\"lambdaFunction\"", with: "\"function\"", at: "{\n", "lambdaFunction"),
        replacing("\"lambdaArn\"", with: "\"arn\"", at: "{\n    \"arn\"", "lambdaArn"),
        replacing("\"arn:aws", with: "\"arn:gcp", "the partition is aws,"),
        replacing("hello:1\"", with: "hello:$LATEST\"", at: "\"arn:", "must end with a version number"),
        replacing("hello:1\"", with: "hello\"", at: "\"arn:", "must end with a version number"),
        replacing("\"com.example.hello\"", with: "\"../hello\"", "a component name is 1 to 128"),
        replacing("\"1.0.0\"", with: "\"1\"", "a component version is a semantic version"),
        replacing("aws.greengrass.Nucleus", with: "nobody", at: "{\"dependencyType\"", "is not deployed"),
        replacing("\"HARD\"", with: "\"VERY\"", "\"HARD\" or \"SOFT\""),
        replacing("true", with: "\"true\"", "true or false"),
        replacing("3,\n", with: "0,\n", "a whole number from 1"),
        replacing("10,\n", with: "-1,\n", "a whole number from 1 to 1000000"),
        replacing("\"json\"", with: "\"xml\"", "\"json\" or \"binary\""),
        replacing("\"a/+\"", with: "\"a+/b\"", "shares its level with other characters"),
        replacing("\"IOT_CORE\"", with: "\"MARS\"", "\"PUB_SUB\" or \"IOT_CORE\""),
        replacing("\"value\"", with: "\"a\\u0000b\"", "a string without the character U+0000"),
        replacing("\"NAME\"", with: "\"A=B\"", "the name of a variable is not empty and has no ="),
        replacing("\"NoContainer\"", with: "\"Docker\"", "\"GreengrassContainer\" or \"NoContainer\""),
        replacing("\"function.handler\"", with: "\"handler\"", "a handler is module.function"),
        replacing("\"function.handler\"", with: "\"../x.y\"", "a handler is module.function"),
        replacing("\"python3.9\"", with: "\"../python\"", "a runtime is Lambda's word for it"),
        replacing("\"code/\"", with: "\"nowhere/\"", "there is no such folder or archive"),
        replacing("\"code/\"", with: "\"hello.json\"", "CodeUri must be a folder"),
        replacing("\"1\"}", with: "\"one\"}", "an alias stands for a version number"),
    ]

    private static func replacing(
        _ old: String,
        with new: String,
        at marked: String? = nil,
        _ text: String
    ) -> Breakage {
        Breakage("hello.json", .replace(old, with: new, at: marked), text)
    }

    private static let tables = [
        row("\"subscriptions\"", with: "\"rows\"", at: "{", "subscriptions"),
        row("\"id\": \"row\", ", with: "", at: "{\n      \"source\"", "id"),
        row(
            "\"id\": \"row\"",
            with: "\"id\": \"other\"",
            at: "\"other\"",
            "the id must equal its key, \"row\""
        ),
        row("\"component:com.example.hello\"", with: "\"moon\"", "a source is a Lambda ARN with a version"),
        row("\"component:com.example.hello\"", with: "\"component:nobody\"", "nobody"),
        row("\"component:com.example.hello\"", with: arn("hello:$LATEST"), "must end with a version"),
        row("\"component:com.example.hello\"", with: arn("hello:BETA"), "BETA"),
        row("\"component:com.example.hello\"", with: arn(""), "the function's name is 1 to 64 letters"),
        row("\"a/#\"", with: "\"a/#/b\"", "the wildcard '#' at byte 2 is followed by another level"),
        row("\"a/#\"", with: "\"\"", "it must have at least one character"),
        row("\"a/#\"", with: "\"\(String(repeating: "a", count: 65_536))\"", "at most 65535 are allowed"),
        row("\"cloud\"", with: "[\"cloud\"]", "a string"),
        row("\"cloud\"", with: "\"pubsubs\"", "a target is cloud, a Lambda ARN with a version"),
    ]

    private static func arn(_ name: String) -> String { "\"\(Workspace.account)\(name)\"" }

    private static func row(
        _ old: String,
        with new: String,
        at marked: String? = nil,
        _ text: String
    ) -> Breakage {
        Breakage("subscriptions.json", .replace(old, with: new, at: marked), text)
    }
}
