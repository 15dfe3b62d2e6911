import Glibc
import Testing

@testable import MQTTBridge

@Suite("Failure explainer")
struct FailureExplainerTests {
    private func explainer(
        _ phase: ConnectionPhase,
        notes: [String] = [],
        verification: (Int, String)? = nil
    ) -> FailureExplainer {
        var configuration = MQTTBridgeConfiguration(host: "broker", port: 8883, clientID: "thing")
        configuration.tls = MQTTTransportSecurity(caPath: "/ca.pem")
        return FailureExplainer(
            configuration: configuration,
            clientID: "thing",
            phase: phase,
            notes: notes,
            verification: verification.map { (code: $0.0, text: $0.1) },
            unacknowledgedTopic: nil
        )
    }

    @Test("says that there is no network", arguments: [ENETUNREACH, EHOSTUNREACH, ENETDOWN])
    func noNetwork(code: CInt) {
        let text = self.explainer(.socket).socketText(code)
        #expect(text.hasPrefix("there is no way to broker:8883: "))
        #expect(text.hasSuffix("; check the network"))
    }

    @Test("asks about certificate and policy where AWS IoT Core only closes the connection")
    func closedAtConnect() {
        let expected =
            "broker:8883 closed the connection before it answered CONNECT: is our certificate active there, "
            + "and may it connect as thing?"
        #expect(self.explainer(.connect).closedText == expected)
    }

    @Test("names the other client where the broker closes the connection for nothing")
    func closedLater() {
        let expected =
            "broker:8883 closed the connection: it ended, or another client is called thing too"
        #expect(self.explainer(.connected).closedText == expected)
    }
}
