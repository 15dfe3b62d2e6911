import Components
import EventStream
import GreengrassModel
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import ComponentIPC

@Suite("the other operations of the IPC")
struct OperationTests {
    @Test("configurations are read, changed and watched")
    func configuration() throws {
        let world = IPCWorld()
        try world.configurations.deploy("com.example.A", defaults: #"{"a": {"b": 1.50, "c": null}}"#)
        let peer = try world.connect("com.example.A")
        let whole = try peer.ask(1, "GetConfiguration")
        #expect(whole.text == #"{"componentName":"com.example.A","value":{"a":{"b":1.50,"c":null}}}"#)
        #expect(
            try peer.ask(2, "GetConfiguration", #"{"keyPath": ["a", "b"]}"#).text
                == #"{"componentName":"com.example.A","value":{"b":1.50}}"#
        )
        let missing = try peer.ask(3, "GetConfiguration", #"{"keyPath": ["x"]}"#)
        #expect(missing.shape == "ResourceNotFoundError")
        #expect(missing.text.contains(#""resourceName":"x""#))
        let subscribed = try peer.ask(4, "SubscribeToConfigurationUpdate", #"{"keyPath": ["a"]}"#)
        #expect(subscribed.shape == "SubscribeToConfigurationUpdateResponse")
        let later = #""timestamp": 99999999999, "valueToMerge": {"b": 2}"#
        #expect(
            try peer.ask(5, "UpdateConfiguration", #"{"keyPath": ["a"], \#(later)}"#).shape
                == "UpdateConfigurationResponse"
        )
        world.loop.run()
        #expect(
            try peer.receive()?.text
                == #"{"configurationUpdateEvent":{"componentName":"com.example.A","keyPath":["a","b"]}}"#
        )
        let refused: [(String, String)] = [
            (
                #"{"keyPath": ["a"], "timestamp": 1, "valueToMerge": {"b": 3}}"#,
                "FailedUpdateConditionCheckError"
            ),
            (#"{"timestamp": 1, "valueToMerge": {"accessControl": {}}}"#, "InvalidArgumentsError"),
            (#"{"timestamp": 1}"#, "InvalidArgumentsError"),
            (#"{"valueToMerge": {}}"#, "InvalidArgumentsError"),
        ]
        for (index, (payload, shape)) in refused.enumerated() {
            #expect(try peer.ask(Int32(6 + index), "UpdateConfiguration", payload).shape == shape)
        }
    }

    @Test("a report that nobody waits for, or that says neither yes nor no, is refused")
    func validation() throws {
        let peer = try IPCWorld().connect("com.example.A")
        let subscribed = try peer.ask(1, "SubscribeToValidateConfigurationUpdates")
        #expect(subscribed.shape == "SubscribeToValidateConfigurationUpdatesResponse")
        let reports = [
            #"{"configurationValidityReport": {"deploymentId": "d", "status": "ACCEPTED"}}"#,
            #"{"configurationValidityReport": {"deploymentId": "d", "status": "GOOD"}}"#,
            #"{"configurationValidityReport": {"status": "ACCEPTED"}}"#, "{}",
        ]
        for (index, report) in reports.enumerated() {
            #expect(
                try peer.ask(Int32(2 + index), "SendConfigurationValidityReport", report).shape
                    == "InvalidArgumentsError"
            )
        }
    }

    @Test("components are listed, and what is asked of one reaches it")
    func components() throws {
        let world = IPCWorld()
        let peer = try world.connect("com.example.A")
        let one = #"{"componentName":"one","version":"1.0.0","state":"NEW","configuration":{}}"#
        #expect(try peer.ask(1, "ListComponents").text == #"{"components":[\#(one)]}"#)
        #expect(
            try peer.ask(2, "GetComponentDetails", #"{"componentName": "one"}"#).text
                == #"{"componentDetails":\#(one)}"#
        )
        #expect(
            try peer.ask(3, "GetComponentDetails", #"{"componentName": "two"}"#).shape
                == "ComponentNotFoundError"
        )
        #expect(try peer.ask(4, "UpdateState", #"{"state": "RUNNING"}"#).shape == "UpdateStateResponse")
        #expect(try peer.ask(5, "UpdateState", #"{"state": "FINE"}"#).shape == "InvalidArgumentsError")
        #expect(world.directory.calls.withLockedValue(\.self) == ["report RUNNING by com.example.A"])
    }

    @Test("tokens are validated for the stream manager only")
    func tokens() throws {
        let world = IPCWorld()
        let token = world.tokens.issue(for: Identity(componentName: "com.example.A", instance: 7))
        let manager = try world.connect("aws.greengrass.StreamManager")
        #expect(
            try manager.ask(1, "ValidateAuthorizationToken", #"{"token": "\#(token)"}"#).text
                == #"{"isValid":true}"#
        )
        #expect(
            try manager.ask(2, "ValidateAuthorizationToken", #"{"token": "x"}"#).shape == "InvalidTokenError"
        )
        let other = try world.connect("com.example.A")
        #expect(
            try other.ask(1, "ValidateAuthorizationToken", #"{"token": "\#(token)"}"#).shape
                == "UnauthorizedError"
        )
    }

    @Test("metrics are kept when they make sense")
    func metrics() throws {
        let world = IPCWorld()
        let peer = try world.connect("com.example.A")
        let answer = try peer.ask(
            1,
            "PutComponentMetric",
            #"""
            {"metrics": [
                {"name": "n", "unit": "COUNT", "value": 2}, {"name": "m", "unit": "SECONDS", "value": 0.5}
            ]}
            """#
        )
        #expect(answer.shape == "PutComponentMetricResponse")
        let kept = world.hub.services.metrics.metrics(of: "com.example.A")
        #expect(kept.map(\.name) == ["m", "n"])
        #expect(kept.map(\.value) == [0.5, 2])
        for (index, metric) in [
            #"{"name": "n", "unit": "COUNT", "value": -1}"#, #"{"name": "n", "unit": "APPLES", "value": 1}"#,
            #"{"unit": "COUNT", "value": 1}"#, "1",
        ].enumerated() {
            let answer = try peer.ask(Int32(2 + index), "PutComponentMetric", #"{"metrics": [\#(metric)]}"#)
            #expect(answer.shape == "InvalidArgumentsError")
        }
    }

    @Test("a debug password is valid for eight hours")
    func debugPassword() throws {
        let world = IPCWorld()
        let answer = try world.connect("com.example.A").ask(1, "CreateDebugPassword")
        #expect(answer.shape == "CreateDebugPasswordResponse")
        #expect(answer.text.contains(#""username":"debug""#))
        let passwords = DebugPasswords()
        let password = passwords.create(atMilliseconds: 0)
        #expect(password.text.count == 43)
        #expect(passwords.isValid(password.text, atMilliseconds: 8 * 3_600_000 - 1))
        #expect(!passwords.isValid(password.text, atMilliseconds: 8 * 3_600_000))
        #expect(!passwords.isValid("x", atMilliseconds: 0))
    }

    @Test("who waits for updates is asked, and may put one off")
    func updates() throws {
        let world = IPCWorld()
        let peer = try world.connect("com.example.A")
        #expect(
            try peer.ask(1, "DeferComponentUpdate", #"{"deploymentId": "d", "recheckAfterMs": 1}"#).shape
                == "InvalidArgumentsError"
        )
        let response = try peer.ask(2, "SubscribeToComponentUpdates")
        #expect(response.shape == "SubscribeToComponentUpdatesResponse")
        world.hub.services.updates.finish(deploymentId: "d")
        world.loop.run()
        #expect(try peer.receive()?.text == #"{"postUpdateEvent":{"deploymentId":"d"}}"#)
    }

    @Test("without a cloud, what needs it says so")
    func noCloud() throws {
        let peer = try IPCWorld().connect("com.example.A")
        let publish = #"{"topicName": "t", "qos": "0", "payload": "aGk="}"#
        #expect(try peer.ask(1, "PublishToIoTCore", publish).shape == "ServiceError")
        #expect(try peer.ask(2, "SubscribeToIoTCore", publish).shape == "ServiceError")
        #expect(try peer.ask(3, "SubscribeToIoTCoreConnectionStatus").shape == "ServiceError")
        for (index, payload) in [
            #"{"qos": "0"}"#, #"{"topicName": "t"}"#, #"{"topicName": "t", "qos": "2"}"#,
            #"{"topicName": "t/+", "qos": "0"}"#, #"{"topicName": "t", "qos": "0", "payloadFormat": "2"}"#,
            #"{"topicName": "t", "qos": "0", "messageExpiryIntervalSeconds": -1}"#,
            #"{"topicName": "t", "qos": "0", "userProperties": [1]}"#,
        ].enumerated() {
            #expect(
                try peer.ask(Int32(4 + index), "PublishToIoTCore", payload).shape == "InvalidArgumentsError"
            )
        }
    }
}
