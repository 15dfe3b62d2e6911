import Foundation
import TestSupport

/// One way to break one of the three files of a deployment that is right, and what must be said of it.
struct Breakage: Sendable {
    enum Change: Sendable {
        /// Replaces the first `old`; the error is told where `new` stands, or the first `at`.
        case replace(String, with: String, at: String? = nil)
        /// Replaces the whole file by these bytes; the error is told there, or of the file as a whole.
        case bytes([UInt8], place: String?)
        /// Takes the file away and puts something else there.
        case other(@Sendable (_ path: String) throws -> Void)
    }

    let file: String
    let change: Change
    /// What the error says.
    let text: String

    static let configuration = """
        {
          "root": "root",
          "components": ["hello.json"],
          "subscriptions": "subscriptions.json",
          "thingName": "thing",
          "legacyIPC": {"port": 0},
          "mqtt": {"endpoint": "none", "keepAliveTimeoutMs": 60000},
          "limits": {"deadLetterMaxCount": 10}
        }
        """
    static let component = """
        {
          "lambdaFunction": {
            "lambdaArn": "arn:aws:lambda:eu-central-1:123456789012:function:hello:1",
            "componentName": "com.example.hello",
            "componentVersion": "1.0.0",
            "componentDependencies": {"aws.greengrass.Nucleus": {"dependencyType": "HARD"}},
            "componentLambdaParameters": {
              "pinned": true,
              "timeoutInSeconds": 3,
              "maxQueueSize": 10,
              "inputPayloadEncodingType": "json",
              "eventSources": [{"topic": "a/+", "type": "IOT_CORE"}],
              "environmentVariables": {"NAME": "value"},
              "linuxProcessParams": {"isolationMode": "NoContainer"}
            }
          },
          "functionConfiguration": {
            "Runtime": "python3.9", "Handler": "function.handler", "CodeUri": "code/",
            "Aliases": {"PROD": "1"}
          }
        }
        """
    static let subscriptions = """
        {
          "subscriptions": {
            "row": {
              "id": "row", "source": "component:com.example.hello", "subject": "a/#", "target": "cloud"
            }
          }
        }
        """

    static let files = [
        "trellis.json": configuration, "hello.json": component, "subscriptions.json": subscriptions,
    ]

    init(_ file: String, _ change: Change, _ text: String) {
        (self.file, self.change, self.text) = (file, change, text)
    }

    /// Writes the deployment into a folder of its own, broken.
    ///
    /// - Returns: `LINE:COLUMN` of the error; `nil` when it is of the file as a whole.
    func write(to folder: String) throws -> String? {
        try FileManager.default.createDirectory(atPath: "\(folder)/code", withIntermediateDirectories: true)
        for (name, text) in Self.files where name != file {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        let path = "\(folder)/\(file)"
        switch change {
        case .replace(let old, let new, let marked):
            guard let text = Self.files[file], let range = text.firstRange(of: old) else {
                throw ProgramError(description: "\(file) has no \(old)")
            }
            let broken = text.replacingCharacters(in: range, with: new)
            try Data(broken.utf8).write(to: URL(filePath: path))
            return Self.place(of: marked ?? new, in: broken)
        case .bytes(let bytes, let place):
            try Data(bytes).write(to: URL(filePath: path))
            return place
        case .other(let make):
            try make(path)
            return nil
        }
    }

    private static func place(of piece: String, in text: String) -> String? {
        guard let range = text.firstRange(of: piece) else { return nil }
        let before = text[..<range.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
        return "\(before.count):\((before.last?.count ?? 0) + 1)"
    }
}
