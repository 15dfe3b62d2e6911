import Testing

@testable import GreengrassModel

@Suite("trellis.json")
struct TrellisConfigurationTests {
    private func configuration(_ text: String) -> Outcome<TrellisConfiguration> {
        read(text, as: "trellis.json") { document in
            var configuration = TrellisConfiguration(root: "/root")
            configuration.read(document, folder: "/etc/trellis")
            return configuration
        }
    }

    @Test("an empty file gives the defaults")
    func defaults() {
        let outcome = configuration("{}")
        #expect(outcome.lines == [])
        #expect(outcome.value == TrellisConfiguration(root: "/root"))
        let mqtt = MQTTSettings()
        #expect(mqtt.endpoint == .embedded && mqtt.port == 0)
        #expect(
            [mqtt.keepAlive, mqtt.pingTimeout, mqtt.operationTimeout] == [
                .seconds(60), .seconds(30), .seconds(30),
            ]
        )
        #expect(
            [mqtt.maxInFlightPublishes, mqtt.maxMessageSizeBytes, mqtt.spoolerMaxSizeBytes] == [
                20, 131_072, 2_621_440,
            ]
        )
        #expect(mqtt.spoolerStorage == .memory && !mqtt.keepsQoS0WhenOffline)
    }

    @Test("every key is read")
    func everything() throws {
        let outcome = configuration(
            """
            {"thingName": "core-1", "region": "eu-central-1", "accountId": "123456789012", "root": "run",
             "subscriptions": "s.json", "components": ["a.json", "/b.json"], "legacyIPC": {"port": 8000},
             "isolation": "required",
             "mqtt": {"endpoint": "broker.local", "port": 1884, "keepAliveTimeoutMs": 10000,
              "pingTimeoutMs": 5000,
              "operationTimeoutMs": 1000, "maxInFlightPublishes": 100, "maxMessageSizeInBytes": 10,
               "version": "mqtt3",
              "spooler": {"maxSizeInBytes": 100, "storageType": "Disk", "keepQos0WhenOffline": true,
               "pluginName": "aws.greengrass.DiskSpooler"}},
             "limits": {"queueMaxSizeInBytes": 1, "allQueuesMaxSizeInBytes": 2, "deadLetterMaxCount": 3,
              "deadLetterMaxSizeInBytes": 4, "shutdownTimeoutInSeconds": 5},
             "runWithDefault": {"posixUser": "ggc_user:ggc_group"}}
            """
        )
        #expect(outcome.lines == [])
        let value = try #require(outcome.value)
        #expect(
            [value.thingName, value.region, value.accountID] == ["core-1", "eu-central-1", "123456789012"]
        )
        #expect([value.root, value.subscriptionsPath] == ["/etc/trellis/run", "/etc/trellis/s.json"])
        #expect(value.componentPaths == ["/etc/trellis/a.json", "/b.json"])
        #expect(value.legacyIPCPort == 8000)
        #expect(value.posixUser == PosixUser("ggc_user:ggc_group"))
        #expect(value.limits.shutdownTimeout == .seconds(5))
        #expect(value.isolation == .required)
        let mqtt = value.mqtt
        #expect(mqtt.endpoint == .host("broker.local") && mqtt.port == 1884)
        #expect(
            [mqtt.keepAlive, mqtt.pingTimeout, mqtt.operationTimeout] == [
                .seconds(10), .seconds(5), .seconds(1),
            ]
        )
        #expect(
            [mqtt.maxInFlightPublishes, mqtt.maxMessageSizeBytes, mqtt.spoolerMaxSizeBytes] == [100, 10, 100]
        )
        #expect(mqtt.spoolerStorage == .disk && mqtt.keepsQoS0WhenOffline)
        let limits = value.limits
        #expect([limits.queueBytesMax, limits.allQueuesBytesMax] == [1, 2])
        #expect([limits.deadLetterCountMax, limits.deadLetterBytesMax] == [3, 4])
    }

    @Test(
        "endpoints",
        arguments: [
            (#""endpoint": "embedded""#, MQTTSettings.Endpoint.embedded, 0),
            (#""endpoint": "embedded", "port": 1885"#, .embedded, 1885),
            (#""endpoint": "none""#, MQTTSettings.Endpoint.none, 0),
            (#""endpoint": "10.0.0.1""#, .host("10.0.0.1"), 1883),
            (#""endpoint": "::1""#, .host("::1"), 1883),
        ]
    )
    func endpoints(text: String, endpoint: MQTTSettings.Endpoint, port: Int) {
        let mqtt = configuration(#"{"mqtt": {\#(text)}}"#).value?.mqtt
        #expect(mqtt?.endpoint == endpoint)
        #expect(mqtt?.port == port)
    }

    @Test("a keep alive of 0 switches it off")
    func keepAliveOff() {
        #expect(configuration(#"{"mqtt": {"keepAliveTimeoutMs": 0}}"#).value?.mqtt.keepAlive == .zero)
    }

    @Test(
        "what is wrong is told with its place",
        arguments: [
            ("[]", "1: error: found a list; allowed is an object"),
            (
                #"{"thingName": "a b"}"#,
                #"15: error: thingName: found "a b"; a thing name is 1 to 128 letters, digits and : _ -"#
            ),
            (
                #"{"region": ""}"#,
                #"12: error: region: found ""; a region is 1 to 64 lowercase letters, digits and hyphens"#
            ),
            (
                #"{"accountId": 123456789012}"#,
                "15: error: accountId: found 123456789012; allowed is a string"
            ),
            (
                #"{"accountId": "12"}"#,
                #"15: error: accountId: found "12"; an account is twelve digits, in quotes"#
            ),
            (#"{"root": ""}"#, #"10: error: root: found ""; allowed is a string that is not empty"#),
            (#"{"components": "a"}"#, #"16: error: components: found "a"; allowed is a list"#),
            (
                #"{"legacyIPC": {"port": 65536}}"#,
                "24: error: legacyIPC.port: found 65536; allowed is a whole number from 0 to 65535"
            ),
            (#"{"legacyIPC": 1}"#, "15: error: legacyIPC: found 1; allowed is an object"),
            (
                #"{"mqtt": {"endpoint": "mqtt://x"}}"#,
                #"23: error: mqtt.endpoint: found "mqtt://x"; an endpoint is embedded, none, or a host "#
                    + #"name or address "#
                    + "without scheme and port"
            ),
            (
                #"{"mqtt": {"endpoint": "x", "port": 0}}"#,
                "36: error: mqtt.port: found 0; the port of a host is 1 to 65535"
            ),
            (
                #"{"mqtt": {"keepAliveTimeoutMs": 30000}}"#,
                "10: error: mqtt: found 30000 ms to a ping, 30000 ms for its answer; "
                    + "keepAliveTimeoutMs must be 0 or greater than pingTimeoutMs"
            ),
            (
                #"{"mqtt": {"maxInFlightPublishes": 101}}"#,
                "35: error: mqtt.maxInFlightPublishes: found 101; allowed is a whole number from 1 to 100"
            ),
            (
                #"{"mqtt": {"maxMessageSizeInBytes": 2621441}}"#,
                "36: error: mqtt.maxMessageSizeInBytes: found 2621441; allowed is a whole number from "
                    + "1 to 2621440"
            ),
            (
                #"{"mqtt": {"spooler": {"storageType": "disk"}}}"#,
                #"38: error: mqtt.spooler.storageType: found "disk"; allowed is "Memory" or "Disk""#
            ),
            (
                #"{"mqtt": {"spooler": {"keepQos0WhenOffline": 1}}}"#,
                "46: error: mqtt.spooler.keepQos0WhenOffline: found 1; allowed is true or false"
            ),
            (
                #"{"mqtt": {"spooler": {"maxSizeInBytes": 0}}}"#,
                "41: error: mqtt.spooler.maxSizeInBytes: found 0; allowed is a whole number from 1 to "
                    + "1073741824"
            ),
            (
                #"{"mqtt": {"spooler": {"pluginName": "x"}}}"#,
                #"37: error: mqtt.spooler.pluginName: found "x"; there are no plugins; storageType says "#
                    + "where messages wait"
            ),
            (
                #"{"limits": {"deadLetterMaxCount": 0}}"#,
                "35: error: limits.deadLetterMaxCount: found 0; allowed is a whole number from 1 to 1000000"
            ),
            (
                #"{"accessControl": []}"#,
                "19: error: accessControl: found a list; allowed is an object"
            ),
            (
                #"{"Components": []}"#,
                #"2: warning: found the unknown key "Components", which is ignored; did you mean "#
                    + #""components"?"#
            ),
        ]
    )
    func wrong(text: String, expected: String) {
        let outcome = configuration(text)
        #expect(outcome.lines == ["trellis.json:1:" + expected])
        #expect((outcome.value == nil) == expected.contains("error: "))
    }
}
