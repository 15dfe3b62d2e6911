import TestSupport
import Testing

@testable import GreengrassModel

@Suite("The mqtt settings of trellis.json")
struct MQTTSettingsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder(["ca.pem": "", "thing.pem": "", "thing.key": ""])
    }

    private func settings(_ mqtt: String, besides: String = "") -> Outcome<MQTTSettings> {
        read("{\"mqtt\": {\(mqtt)}\(besides)}", as: "trellis.json") { document in
            var configuration = TrellisConfiguration(root: "/root")
            configuration.read(document, folder: folder.path)
            return configuration.mqtt
        }
    }

    private static let files =
        #""rootCaPath": "ca.pem", "certificateFilePath": "thing.pem", "privateKeyPath": "thing.key""#
    private static let core = #""endpoint": "a1-ats.iot.eu-central-1.amazonaws.com", "#

    @Test("every key is read")
    func everything() throws {
        let outcome = settings(
            """
            "endpoint": "broker.local", "version": "mqtt3", \(Self.files), "keepAliveTimeoutMs": 10000,
            "pingTimeoutMs": 5000, "operationTimeoutMs": 1000, "socketTimeoutMs": 2000, "threadPoolSize": 4,
            "maxInFlightPublishes": 7, "maxPublishRetry": 3, "receiveMaximum": 9, "sessionExpirySeconds": 60,
            "minimumReconnectDelaySeconds": 2, "maximumReconnectDelaySeconds": 5,
            "minimumConnectedTimeBeforeRetryResetSeconds": 30, "noLocal": true,
            "maxPublishesPerSecond": 50, "maxPublishBytesPerSecond": 1000
            """
        )
        #expect(outcome.lines == [])
        let mqtt = try #require(outcome.value)
        #expect(mqtt.version == .mqtt3 && mqtt.port == 8883 && mqtt.noLocal)
        #expect(mqtt.rootCaPath == folder.path + "/ca.pem")
        #expect(mqtt.certificateFilePath == folder.path + "/thing.pem")
        #expect(mqtt.privateKeyPath == folder.path + "/thing.key")
        #expect(
            [mqtt.keepAlive, mqtt.pingTimeout, mqtt.operationTimeout, mqtt.socketTimeout]
                == [.seconds(10), .seconds(5), .seconds(1), .seconds(2)]
        )
        #expect(
            [mqtt.minimumReconnectDelay, mqtt.maximumReconnectDelay, mqtt.minimumConnectedTime]
                == [.seconds(2), .seconds(5), .seconds(30)]
        )
        #expect(
            [mqtt.maxInFlightPublishes, mqtt.maxPublishRetry, mqtt.receiveMaximum, mqtt.sessionExpirySeconds]
                == [7, 3, 9, 60]
        )
        #expect([mqtt.maxPublishesPerSecond, mqtt.maxPublishBytesPerSecond] == [50, 1000])
    }

    @Test("AWS IoT Core is known by its name, and has limits that others don't")
    func core() throws {
        let core = try #require(settings(Self.core + Self.files).value)
        #expect(core.isIoTCore && core.hasIoTCoreTopics && core.port == 8883)
        #expect(core.maxInFlightPublishes == 5)
        #expect([core.maxPublishesPerSecond, core.maxPublishBytesPerSecond] == [100, 524_288])
        let free = try #require(
            settings(Self.core + Self.files + #", "maxPublishesPerSecond": 0, "maxInFlightPublishes": 8"#)
                .value
        )
        #expect(free.maxPublishesPerSecond == nil && free.maxInFlightPublishes == 8)
        let other = try #require(settings(#""endpoint": "iot.example.com""#).value)
        #expect(!other.isIoTCore && !other.hasIoTCoreTopics && other.port == 1883)
        #expect(other.maxInFlightPublishes == 20 && other.maxPublishesPerSecond == nil)
        #expect(MQTTSettings().hasIoTCoreTopics)
    }

    @Test("port 443 asks for MQTT by ALPN")
    func webPort() {
        #expect(settings(Self.core + Self.files).value?.applicationProtocol == nil)
        let mqtt = settings(Self.core + Self.files + #", "port": 443"#).value
        #expect(mqtt?.applicationProtocol == "x-amzn-mqtt-ca")
        #expect(settings(#""endpoint": "x", "port": 443"#).value?.applicationProtocol == nil)
    }

    @Test("a key may lie on a PKCS #11 token, and TLS may go without a certificate of ours")
    func lessFiles() {
        let uri = "pkcs11:token=trellis;object=thing"
        let token =
            #""rootCaPath": "ca.pem", "certificateFilePath": "thing.pem", "privateKeyPath": "\#(uri)""#
        #expect(settings(Self.core + token).value?.privateKeyPath == uri)
        #expect(settings(#""endpoint": "x", "rootCaPath": "ca.pem""#).value?.port == 8883)
    }

    @Test("TLS is for hosts: without one, it is said that nothing comes of the files")
    func securityWithoutHost() {
        let outcome = settings(Self.files)
        #expect(outcome.value != nil)
        #expect(outcome.lines.map { $0.contains("warning: mqtt: rootCaPath is not used") } == [true])
    }

    @Test("-1 retries are without end, and delays of 0 are the defaults")
    func specialNumbers() throws {
        let mqtt = try #require(
            settings(
                #""maxPublishRetry": -1, "minimumReconnectDelaySeconds": 0, "#
                    + #""maximumReconnectDelaySeconds": 0"#
            ).value
        )
        #expect(mqtt.maxPublishRetry == nil)
        #expect([mqtt.minimumReconnectDelay, mqtt.maximumReconnectDelay] == [.seconds(1), .seconds(60)])
        #expect(settings(#""minimumReconnectDelaySeconds": 90"#).value?.maximumReconnectDelay == .seconds(90))
    }

    @Test(
        "what is wrong is told with its place",
        arguments: [
            (#""version": "5""#, #"version: found "5"; allowed is "mqtt5" or "mqtt3""#),
            (#""receiveMaximum": 0"#, "receiveMaximum: found 0; allowed is a whole number from 1 to 65535"),
            (
                #""sessionExpirySeconds": 4294967296"#,
                "sessionExpirySeconds: found 4294967296; allowed is a whole number from 0 to 4294967295"
            ),
            (
                #""maxPublishRetry": -2"#,
                "maxPublishRetry: found -2; allowed is a whole number from -1 to 1000000"
            ),
            (
                #""socketTimeoutMs": 0"#,
                "socketTimeoutMs: found 0; allowed is a whole number from 1 to 86400000"
            ),
            (
                #""minimumReconnectDelaySeconds": 9, "maximumReconnectDelaySeconds": 8"#,
                "found 8 s at most, 9 s at least; maximumReconnectDelaySeconds must not be less than "
                    + "minimumReconnectDelaySeconds"
            ),
            (
                #""rootCaPath": "no.pem""#,
                #"rootCaPath: found "no.pem"; there is no such file; a relative path begins at the folder "#
                    + "of trellis.json"
            ),
            (
                #""certificateFilePath": "thing.pem""#,
                "found a certificate without its key; certificateFilePath and privateKeyPath belong "
                    + "together: give both, or neither"
            ),
            (
                #""certificateFilePath": "thing.pem", "privateKeyPath": "thing.key""#,
                "found a certificate without rootCaPath; rootCaPath names the authority of the broker's "
                    + "certificate, which TLS needs"
            ),
            (
                #""certificateFilePath": "pkcs11:object=x", "privateKeyPath": "thing.key", "#
                    + #""rootCaPath": "ca.pem""#,
                #"certificateFilePath: found "pkcs11:object=x"; only privateKeyPath may be a pkcs11: URI; "#
                    + "this is a PEM file"
            ),
            (
                #""endpoint": "a1.iot.us-east-1.amazonaws.com""#,
                "found an endpoint of AWS IoT Core and no certificate; AWS IoT Core takes connections with "
                    + "TLS and a client certificate: set rootCaPath, certificateFilePath and privateKeyPath"
            ),
        ]
    )
    func wrong(text: String, expected: String) {
        let outcome = settings(text)
        #expect(outcome.value == nil)
        let errors = outcome.lines.filter { $0.contains(": error: ") }
        #expect(errors.count == 1)
        let path = "mqtt" + (expected.hasPrefix("found") ? ": " : ".")
        #expect(errors.first?.hasSuffix(path + expected) == true)
    }

    @Test(
        "proxies",
        arguments: [
            (#""proxy": {"url": "socks5://p"}"#, "p:1080 - -"),
            (
                #""proxy": {"url": "socks5://10.0.0.1:99", "username": "u", "password": "w"}"#,
                "10.0.0.1:99 u w"
            ),
            (#""proxy": {"url": "socks5://[::1]"}"#, "::1:1080 - -"),
            (#""proxy": {"url": "socks5://p"}, "noProxyAddresses": "a, broker.local""#, "none"),
            (#""proxy": {"url": "socks5://p"}, "noProxyAddresses": "local""#, "none"),
            (#""proxy": {"url": "socks5://p"}, "noProxyAddresses": "ker.local""#, "p:1080 - -"),
        ]
    )
    func proxies(text: String, expected: String) throws {
        let outcome = settings(#""endpoint": "broker.local""#, besides: #", "networkProxy": {\#(text)}"#)
        #expect(outcome.lines == [])
        let proxy = try #require(outcome.value).proxy
        let shown = proxy.map { "\($0.host):\($0.port) \($0.username ?? "-") \($0.password ?? "-")" }
        #expect(shown ?? "none" == expected)
    }

    @Test(
        "proxies of another kind",
        arguments: ["http://p:3128", "p", "socks5://", "socks5://p:0", "socks5://a/b"]
    )
    func wrongProxy(url: String) {
        let outcome = settings("", besides: #", "networkProxy": {"proxy": {"url": "\#(url)"}}"#)
        #expect(outcome.value == nil)
        #expect(
            outcome.lines.first?.hasSuffix(
                "networkProxy.proxy.url: found \"\(url)\"; a proxy is socks5://HOST or "
                    + "socks5://HOST:PORT; the MQTT library knows no other kind"
            ) == true
        )
    }
}
