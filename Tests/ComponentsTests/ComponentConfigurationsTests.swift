import Components
import Logging
import NIOConcurrencyHelpers
import Testing

@Suite struct ComponentConfigurationsTests {
    private let configurations = ComponentConfigurations(store: nil, logger: Logger(label: "test"))

    private func deploy(_ defaults: String, now: Int64 = 1_000) throws {
        try configurations.deploy("c", defaults: defaults, now: now)
    }

    private func update(_ value: String, at keyPath: [String] = [], timestamp: Double = 2) throws {
        try configurations.update("c", at: keyPath, merging: value, timestamp: timestamp)
    }

    private var text: String? { configurations.configurationText(of: "c") }

    @Test(
        "an object is read as it is, anything else under its last key",
        arguments: [
            ([], #"{"list":[1,{"a":null}],"number":1.50,"object":{"nothing":null,"text":"\"ä\\\n\u0001"}}"#),
            (["number"], #"{"number":1.50}"#), (["list"], #"{"list":[1,{"a":null}]}"#),
            (["object"], #"{"nothing":null,"text":"\"ä\\\n\u0001"}"#),
            (["object", "nothing"], #"{"nothing":null}"#), (["NUMBER"], #"{"number":1.50}"#),
        ]
    )
    func reading(keyPath: [String], expected: String) throws {
        try deploy(
            #"{ "number": 1.50, "list": [1, {"a": null}], "#
                + #""object": {"text": "\"\u00e4\\\n\u0001", "nothing": null} }"#
        )
        #expect(try configurations.value(of: "c", at: keyPath) == expected)
    }

    @Test(
        "what is not there is not found",
        arguments: [("c", ["x"]), ("c", ["a", "x"]), ("c", ["list", "0"]), ("other", []), ("c", [""])]
    )
    func notFound(component: String, keyPath: [String]) throws {
        try deploy(#"{"a": 1, "list": [1]}"#)
        let error = #expect(throws: ConfigurationError.self) {
            try configurations.value(of: component, at: keyPath)
        }
        guard case .notFound(let message)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.hasPrefix("Key not found: "))
    }

    @Test("a component without configuration has an empty one")
    func empty() throws {
        try configurations.deploy("c")
        #expect(try configurations.value(of: "c", at: []) == "{}")
        #expect(text == "{}")
        #expect(configurations.configurationText(of: "other") == nil)
    }

    @Test(
        "an update is merged into what is there",
        arguments: [
            ([], #"{"a": 2}"#, #"{"a":2,"o":{"x":1,"y":2}}"#),
            ([], #"{"o": {"y": 3, "z": null}}"#, #"{"a":1,"o":{"x":1,"y":3,"z":null}}"#),
            (["o"], #"{"x": [1]}"#, #"{"a":1,"o":{"x":[1],"y":2}}"#),
            (["o", "x"], #"{"new": 1}"#, #"{"a":1,"o":{"x":{"new":1},"y":2}}"#),
            (["a"], #"{}"#, #"{"a":{},"o":{"x":1,"y":2}}"#),
            ([], #"{"o": 7}"#, #"{"a":1,"o":7}"#),
            (["n", "m"], #"{"k": 1}"#, #"{"a":1,"n":{"m":{"k":1}},"o":{"x":1,"y":2}}"#),
            (["a", "b"], #"{"k": 1}"#, #"{"a":{"b":{"k":1}},"o":{"x":1,"y":2}}"#),
            (["O"], #"{"X": 9}"#, #"{"a":1,"o":{"x":9,"y":2}}"#),
            ([], #"{}"#, #"{"a":1,"o":{"x":1,"y":2}}"#),
        ]
    )
    func merging(keyPath: [String], value: String, expected: String) throws {
        try deploy(#"{"a": 1, "o": {"x": 1, "y": 2}}"#)
        try update(value, at: keyPath)
        #expect(text == expected)
    }

    @Test("an update that is older than a key of it changes nothing; other keys do not matter")
    func timestamps() throws {
        try deploy(#"{"a": 1, "b": 1, "o": {"x": 1}}"#, now: 1_000)
        try update(#"{"a": 2}"#, timestamp: 5)
        for (value, keyPath) in [(#"{"b": 2, "a": 3}"#, []), (#"{"k": 1}"#, ["a"])] as [(String, [String])] {
            let error = #expect(throws: ConfigurationError.self) {
                try update(value, at: keyPath, timestamp: 4.999)
            }
            guard case .outdated(let message)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(
                message.hasPrefix("Proposed timestamp is older than the config's latest modified timestamp")
            )
        }
        #expect(throws: ConfigurationError.self) { try update(#"{"o": 1}"#, timestamp: 0.5) }
        #expect(text == #"{"a":2,"b":1,"o":{"x":1}}"#)
        try update(#"{"b": 2, "new": 1}"#, timestamp: 1)
        try update(#"{"a": 3}"#, timestamp: 5)
        #expect(text == #"{"a":3,"b":2,"new":1,"o":{"x":1}}"#)
    }

    @Test(
        "what can't be a configuration is refused",
        arguments: [
            ([], #"{"accessControl": {}}"#), ([], #"{"ACCESSCONTROL": {}}"#),
            (["accessControl"], #"{"aws.greengrass.ipc.pubsub": {}}"#),
            ([], "[1]"), ([], "1"), ([], "null"), ([], ""), ([], "{"), ([], #"{"a": 1, "a": 2}"#),
            ([], String(repeating: #"{"a":"#, count: 33) + "1" + String(repeating: "}", count: 33)),
            (Array(repeating: "a", count: 32), "{}"), (Array(repeating: "a", count: 100_000), "{}"),
            ([], #"{"a": ""# + String(repeating: "x", count: 1024 * 1024) + #""}"#),
        ]
    )
    func refused(keyPath: [String], value: String) throws {
        try deploy(#"{"a": 1}"#)
        let error = #expect(throws: ConfigurationError.self) { try update(value, at: keyPath) }
        guard case .invalid? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text == #"{"a":1}"#)
    }

    @Test("a configuration has 1 MiB at most, to the byte", arguments: [0, 1])
    func size(excess: Int) throws {
        try deploy(#"{"\"\\\n\u0001é": {"b": [1, 2], "c": {}}, "d": null}"#)
        let byteCount = try #require(text).utf8.count + #","long":"""#.utf8.count
        let long = String(repeating: "x", count: 1024 * 1024 - byteCount + excess)
        let isTaken = (try? update(#"{"long": "\#(long)"}"#)) != nil
        #expect(isTaken == (excess == 0))
    }

    @Test("a timestamp is a number of seconds", arguments: [-1, .nan, .infinity, 1e300])
    func timestampsRefused(timestamp: Double) throws {
        try deploy("{}")
        #expect(throws: ConfigurationError.self) { try update("{}", timestamp: timestamp) }
    }

    @Test("who is not deployed has nothing to write to")
    func unknownComponent() {
        #expect(throws: ConfigurationError.invalid("Component config not found for component c")) {
            try update("{}")
        }
    }

    @Test("accessControl below the top is an ordinary key")
    func nestedAccessControl() throws {
        try deploy("{}")
        try update(#"{"accessControl": 1}"#, at: ["a"])
        #expect(text == #"{"a":{"accessControl":1}}"#)
    }

    @Test("a subscriber hears of each changed key at, below and above its path, and of nothing else")
    func subscriptions() throws {
        try deploy(#"{"a": 1, "o": {"x": 1, "y": 1}}"#)
        let all = try Listener(configurations, at: [])
        let object = try Listener(configurations, at: ["O"])
        let leaf = try Listener(configurations, at: ["o", "x"])
        try update(#"{"a": 2, "o": {"x": 1}}"#)
        #expect(all.paths == [["a"]])
        #expect(object.paths == [] && leaf.paths == [])
        try update(#"{"x": 2, "new": {"k": 1, "l": 2}}"#, at: ["o"])
        #expect(all.paths == [["a"], ["o", "x"], ["o", "new", "k"], ["o", "new", "l"]])
        #expect(object.paths == [["o", "x"], ["o", "new", "k"], ["o", "new", "l"]])
        #expect(leaf.paths == [["o", "x"]])
        try update(#"{"o": 1}"#)
        #expect(leaf.paths == [["o", "x"], ["o"]])
        object.cancel()
        try update(#"{"o": 2}"#)
        #expect(object.paths.count == 4)
        #expect(throws: ConfigurationError.self) { try Listener(configurations, at: ["missing"]) }
    }

    @Test("an update of very many keys is told as one change")
    func manyChanges() throws {
        try deploy(#"{"o": {}}"#)
        let listener = try Listener(configurations, at: [])
        let members = (0..<10_000).map { "\"k\($0)\": \($0)" }.joined(separator: ",")
        try update("{\(members)}", at: ["o"])
        #expect(listener.paths == [["o"]])
    }

    @Test("new defaults win where they changed, and the rest stays as the component wrote it")
    func newDefaults() throws {
        try deploy(#"{"a": 1, "b": 1, "gone": 1, "o": {"x": 1, "y": 1}}"#)
        try update(#"{"a": 10, "b": 10, "own": 10, "o": {"x": 10, "z": 10}}"#)
        let listener = try Listener(configurations, at: [])
        try deploy(#"{"a": 2, "b": 1, "o": {"x": 1, "y": 2}, "new": [1]}"#, now: 3_000)
        #expect(text == #"{"a":2,"b":10,"new":[1],"o":{"x":10,"y":2,"z":10},"own":10}"#)
        #expect(Set(listener.paths) == [["a"], ["o", "y"], ["new"], ["gone"]])
        #expect(throws: ConfigurationError.self) { try update(#"{"a": 3}"#, timestamp: 2.9) }
        try update(#"{"b": 3}"#, timestamp: 2.9)
    }

    @Test("defaults that a component had written before are the defaults, and the next ones win again")
    func sameDefaults() throws {
        try deploy(#"{"a": 3}"#)
        try update(#"{"a": 5}"#)
        try deploy(#"{"a": 5}"#)
        try deploy(#"{"a": 3}"#)
        #expect(text == #"{"a":3}"#)
    }

    @Test("two spellings of a character are two values")
    func spellings() throws {
        let (composed, decomposed) = ("\u{e9}", "e\u{301}")
        try deploy("{\"a\": \"\(composed)\", \"b\": 1}")
        let listener = try Listener(configurations, at: ["a"])
        try update("{\"a\": \"\(decomposed)\"}")
        #expect(listener.paths == [["a"]])
        try deploy("{\"a\": \"\(composed)\", \"b\": 2}")
        #expect(text.map { Array($0.utf8) } == Array("{\"a\":\"\(decomposed)\",\"b\":2}".utf8))
        try deploy("{\"a\": \"\(decomposed)!\", \"b\": 2}")
        try deploy("{\"a\": \"\(composed)!\", \"b\": 2}")
        #expect(text.map { Array($0.utf8) } == Array("{\"a\":\"\(composed)!\",\"b\":2}".utf8))
    }

    @Test("a proposal is what new defaults would make, and nothing is changed by it")
    func proposals() throws {
        try deploy(#"{"a": 1, "b": 1}"#)
        try update(#"{"a": 10, "b": 10}"#)
        #expect(
            try configurations.proposal(of: "c", withDefaults: #"{"a": 2, "b": 1}"#) == #"{"a":2,"b":10}"#
        )
        #expect(try configurations.proposal(of: "c", withDefaults: #"{"a": 10, "b": 1}"#) == nil)
        #expect(try configurations.proposal(of: "c", withDefaults: #"{"b": 1, "a": 1}"#) == nil)
        #expect(text == #"{"a":10,"b":10}"#)
        #expect(throws: ConfigurationError.self) { try configurations.proposal(of: "d", withDefaults: "{}") }
        #expect(throws: ConfigurationError.self) { try configurations.proposal(of: "c", withDefaults: "1") }
    }

    @Test("what a component wrote is there after a restart, with its times, until the defaults change")
    func restarts() throws {
        let store = MemoryStore()
        func restart(_ defaults: String) throws -> ComponentConfigurations {
            let configurations = ComponentConfigurations(store: store, logger: Logger(label: "test"))
            try configurations.deploy("c", defaults: defaults, now: 1_000)
            configurations.forgetUndeployed()
            return configurations
        }
        var now = try restart(#"{"a": 1, "b": {"x": 1.0}}"#)
        #expect(store.texts == [:])
        try now.update("c", at: ["b"], merging: #"{"é\n": [null, 1e5]}"#, timestamp: 7)
        now = try restart(#"{"a": 1, "b": {"x": 1.0}}"#)
        #expect(now.configurationText(of: "c") == #"{"a":1,"b":{"x":1.0,"é\n":[null,1e5]}}"#)
        #expect(throws: ConfigurationError.self) {
            try now.update("c", at: ["b"], merging: #"{"é\n": 1}"#, timestamp: 6.999)
        }
        now = try restart(#"{"a": 2, "b": {"x": 1.0}}"#)
        #expect(now.configurationText(of: "c") == #"{"a":2,"b":{"x":1.0,"é\n":[null,1e5]}}"#)
        now = try restart(#"{"b": 3}"#)
        #expect(now.configurationText(of: "c") == #"{"b":3}"#)
        #expect(store.texts == [:])
    }

    @Test("what was kept of a component that is gone is forgotten, and what can't be read is left out")
    func keptAndUnusable() throws {
        let store = MemoryStore(["gone": "{}", "c": "{", "d": #"{"defaults": {}, "current": {"a": 1}}"#])
        let configurations = ComponentConfigurations(store: store, logger: Logger(label: "test"))
        for component in ["c", "d"] { try configurations.deploy(component, defaults: #"{"a": 5}"#) }
        configurations.forgetUndeployed()
        #expect(configurations.configurationText(of: "c") == #"{"a":5}"#)
        #expect(configurations.configurationText(of: "d") == #"{"a":5}"#)
        #expect(store.texts == [:])
    }
}

/// Keeps what it hears of.
private final class Listener: Sendable {
    private let heard = NIOLockedValueBox<[[String]]>([])
    private let configurations: ComponentConfigurations
    private let subscription: ConfigurationSubscription

    init(_ configurations: ComponentConfigurations, at keyPath: [String]) throws {
        self.configurations = configurations
        subscription = try configurations.subscribe(to: "c", at: keyPath) { [heard] path in
            heard.withLockedValue { $0.append(path) }
        }
    }

    var paths: [[String]] { heard.withLockedValue { $0 } }

    func cancel() {
        configurations.cancel(subscription)
    }
}

private final class MemoryStore: ConfigurationStore {
    private let kept: NIOLockedValueBox<[String: String]>

    init(_ texts: [String: String] = [:]) {
        kept = NIOLockedValueBox(texts)
    }

    var texts: [String: String] { kept.withLockedValue { $0 } }

    func restoreConfigurations() -> [String: String] { texts }

    func keepConfiguration(of component: String, _ text: @escaping @Sendable () -> String?) {
        kept.withLockedValue { $0[component] = text() }
    }
}
