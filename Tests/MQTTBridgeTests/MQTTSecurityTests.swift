import Broker
import MQTTBridge
import NIOCore
import TestSupport
import Testing
import TopicRouter

@Suite("MQTT over TLS", .timeLimit(.minutes(1)))
struct MQTTSecurityTests {
    private static func tls(_ authority: Authority, _ identity: Authority.Identity?) -> MQTTTransportSecurity
    {
        var tls = MQTTTransportSecurity(caPath: authority.certificate)
        tls.certificatePath = identity?.certificate
        tls.privateKey = identity?.key
        return tls
    }

    @Test(
        "carries messages both ways between parties that prove who they are",
        arguments: [nil, "x-amzn-mqtt-ca"]
    )
    func mutual(applicationProtocol: String?) async throws {
        let authority = try await Authority()
        let (broker, thing) = try await (authority.issue("broker"), authority.issue("thing"))
        try await MosquittoServer.run(authority.server(broker)) { server in
            let test = try TestBridge(
                port: server.port,
                configure: {
                    $0.tls = Self.tls(authority, thing)
                    $0.tls?.applicationProtocol = applicationProtocol
                }
            )
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run {
                let largest = String(repeating: "x", count: 131_072)
                for payload in ["one", largest, "three"] { #expect(try test.publish("a", payload) == .ok) }
                #expect(await test.inbox.next(3).map(\.text) == ["a one", "a \(largest)", "a three"])
                // The broker dies and comes back.
                await server.kill()
                #expect(try test.publish("a", "kept") == .ok)
                try await server.start()
                #expect(await test.inbox.next(1).map(\.text) == ["a kept"])
            }
        }
    }

    @Test("needs no certificate of its own where the broker asks for none")
    func oneWay() async throws {
        let authority = try await Authority()
        let settings = try await authority.server(authority.issue("broker")).dropLast()
        try await MosquittoServer.run(Array(settings)) { server in
            let test = try TestBridge(port: server.port, configure: { $0.tls = Self.tls(authority, nil) })
            try await test.run { try await test.bridge.whenConnected().get() }
        }
    }

    /// What can be wrong between the two parties.
    enum Fault: CaseIterable {
        case wrongAuthority, expiredBroker, wrongHostName, revokedThing, expiredThing, strangeThing
        case noCertificate, plainPort, wrongKey, noFile, noToken
    }

    @Test("says what is wrong in words that a person can act on", arguments: Fault.allCases)
    func words(fault: Fault) async throws {
        let (authority, other) = try await (Authority(), Authority())
        let broker = try await authority.issue(
            "broker",
            host: fault == .wrongHostName ? "DNS:elsewhere.example" : "IP:127.0.0.1",
            days: fault == .expiredBroker ? -1 : 30
        )
        let thing = try await authority.issue("thing", days: fault == .expiredThing ? -1 : 30)
        var tls = Self.tls(authority, thing)
        var settings = authority.server(broker)
        let expected: String
        switch fault {
        case .wrongAuthority:
            tls.caPath = other.certificate
            expected =
                "the broker's certificate is not signed by an authority in rootCaPath \(other.certificate)"
        case .expiredBroker:
            expected = "the broker's certificate has expired, or this machine's clock is wrong"
        case .wrongHostName:
            expected =
                "the broker's certificate is not for 127.0.0.1: endpoint must be a name that stands in it"
        case .revokedThing:
            try await authority.revoke([thing])
            settings.append("crlfile \(authority.revocations)")
            expected =
                "the broker says that our certificate is revoked: certificateFilePath \(thing.certificate)"
        case .expiredThing:
            expected =
                "the broker says that our certificate has expired: certificateFilePath \(thing.certificate)"
        case .strangeThing:
            let stranger = try await other.issue("thing")
            tls = Self.tls(authority, stranger)
            expected =
                "the broker does not know who signed our certificate: certificateFilePath "
                + stranger.certificate
        case .noCertificate:
            tls = Self.tls(authority, nil)
            expected = "the broker wants a certificate of ours: set certificateFilePath and privateKeyPath"
        case .plainPort:
            settings = []
            expected = "127.0.0.1:PORT closed the connection during the TLS handshake: is it a port for TLS?"
        case .wrongKey:
            tls.privateKey = broker.key
            expected = "privateKeyPath is not the key of certificateFilePath \(thing.certificate)"
        case .noFile:
            tls.caPath = "/nonexistent/ca.pem"
            expected = "rootCaPath /nonexistent/ca.pem can't be read: No such file or directory"
        case .noToken:
            tls.privateKey = "pkcs11:token=none;object=none"
            expected = "privateKeyPath names a key on a PKCS #11 token, and OpenSSL has no engine"
        }
        try await MosquittoServer.run(settings) { server in
            let test = try TestBridge(port: server.port, configure: { [tls] in $0.tls = tls })
            try await test.run {
                let problem = await test.problems.next(1)[0]
                // Where the engine is installed, it finds no such token.
                let noKey = "the key that privateKeyPath names is not found on the PKCS #11 token"
                #expect(
                    problem.hasPrefix(expected.replacing("PORT", with: "\(server.port)"))
                        || fault == .noToken && problem == noKey
                )
                #expect(test.bridge.problem == problem)
                // Functions go on: what is for the cloud waits.
                let answer = try test.publish("a", "kept")
                #expect(answer == .ok)
            }
        }
    }

    @Test("says that nobody listens, before and behind the handshake's first words")
    func refused() async throws {
        let authority = try await Authority()
        let port = try freePort()
        let test = try TestBridge(port: port, configure: { $0.tls = Self.tls(authority, nil) })
        try await test.run {
            let expected =
                "127.0.0.1:\(port) refuses the connection: does the broker run there, and is the port right?"
            #expect(await test.problems.next(1) == [expected])
        }
    }

    @Test(
        "uses a key that never leaves its PKCS #11 token",
        .enabled(if: Token.isInstalled, "needs softhsm2 and libengine-pkcs11-openssl")
    )
    func token() async throws {
        let authority = try await Authority()
        let (broker, thing) = try await (authority.issue("broker"), authority.issue("thing"))
        let token = try await Token(key: thing.key)
        try await MosquittoServer.run(authority.server(broker)) { server in
            var tls = Self.tls(authority, thing)
            tls.privateKey = token.uri
            let test = try TestBridge(port: server.port, configure: { [tls] in $0.tls = tls })
            test.bridge.cloudFiltersDidChange(try filters("a"))
            try await test.run {
                let answer = try test.publish("a", "signed")
                #expect(answer == .ok)
                #expect(await test.inbox.next(1).map(\.text) == ["a signed"])
            }
        }
    }
}
