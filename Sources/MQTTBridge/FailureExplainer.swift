import CMosquitto
import Glibc
import GreengrassModel

/// Explains what happened to one connection.
struct FailureExplainer {
    let configuration: MQTTBridgeConfiguration
    let clientID: String
    let phase: ConnectionPhase
    /// What libmosquitto and OpenSSL said.
    let notes: [String]
    /// Why OpenSSL did not trust the broker's certificate.
    let verification: (code: Int, text: String)?
    /// The topic of the oldest message that the broker has not acknowledged.
    let unacknowledgedTopic: String?

    private var place: String { "\(self.configuration.host):\(self.configuration.port)" }

    /// In words, what `error` means.
    func explain(_ error: any Error) -> ConnectionFailure {
        if let failure = error as? ConnectionFailure { return failure }
        guard let error = error as? MosquittoError else { return ConnectionFailure(description: "\(error)") }
        return ConnectionFailure(description: self.text(for: error))
    }

    private func text(for error: MosquittoError) -> String {
        switch mosq_err_t(rawValue: error.code) {
        case MOSQ_ERR_EAI: self.lookUpText(error.systemCode)
        case MOSQ_ERR_ERRNO: self.securityText ?? self.socketText(error.systemCode)
        case MOSQ_ERR_TLS: self.securityText ?? "TLS failed: \(self.noted ?? error.description)"
        case MOSQ_ERR_PROXY, MOSQ_ERR_AUTH:
            "the proxy refuses to connect to \(self.place): \(error); check networkProxy"
        case MOSQ_ERR_KEEPALIVE: self.silenceText
        case MOSQ_ERR_CONN_LOST: self.closedText
        case MOSQ_ERR_PROTOCOL, MOSQ_ERR_MALFORMED_PACKET:
            "\(self.place) broke the MQTT protocol: \(self.noted ?? error.description); is it a broker?"
        default: self.noted ?? error.description
        }
    }

    private var noted: String? { self.notes.isEmpty ? nil : self.notes.joined(separator: "; ") }

    private func lookUpText(_ code: CInt) -> String {
        let reason = String(cString: gai_strerror(code))
        return
            "the host name \(self.configuration.host) is not found: \(reason); check endpoint, and the "
            + "network and DNS of this machine"
    }

    /// What a system's error number means for a connection.
    func socketText(_ code: CInt) -> String {
        let target = self.configuration.proxy.map { "the proxy \($0.host):\($0.port)" } ?? self.place
        switch code {
        case ECONNREFUSED:
            return "\(target) refuses the connection: does the broker run there, and is the port right?"
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN:
            return "there is no way to \(target): \(String(cString: strerror(code))); check the network"
        case ECONNRESET, EPIPE, EPROTO, 0:
            return self.closedText
        default:
            return "the connection to \(target) failed: \(String(cString: strerror(code)))"
        }
    }

    /// The connection did not come about in time.
    var socketTimeoutText: String {
        let target = self.configuration.proxy.map { "the proxy \($0.host):\($0.port)" } ?? self.place
        return "\(target) does not answer within \(self.configuration.socketTimeout.inMilliseconds) ms "
            + "(socketTimeoutMs): check the network, firewalls and the port"
    }

    /// A ping, or a message, was not answered in time.
    var silenceText: String {
        "the link to \(self.place) is dead: the broker answers neither messages nor pings any more"
    }

    /// An answer did not come within `operationTimeoutMs`.
    func answerTimeoutText(to packet: String) -> String {
        let time = "within \(self.configuration.operationTimeout.inMilliseconds) ms (operationTimeoutMs)"
        switch self.phase {
        case .handshake:
            return "\(self.place) accepts connections and does not answer the TLS handshake \(time): is it a "
                + "port for TLS?"
        case .socket, .connect:
            return "\(self.place) accepts connections and does not answer CONNECT \(time): is it an MQTT "
                + "broker, and is it well?"
        case .connected:
            return "the broker does not answer \(packet) \(time): it hangs, or the link is dead"
        }
    }

    /// The broker closed the connection, without a word unless TLS has one.
    var closedText: String {
        if let text = self.securityText { return text }
        switch self.phase {
        case .socket, .handshake:
            return "\(self.place) closed the connection during the TLS handshake: is it a port for TLS?"
        case .connect where self.configuration.tls == nil:
            return "\(self.place) closed the connection before it answered CONNECT: is it a port for TLS, or "
                + "not an MQTT broker?"
        case .connect:
            return "\(self.place) closed the connection before it answered CONNECT: is our certificate "
                + "active there, and may it connect as \(self.clientID)?"
        case .connected:
            guard let topic = self.unacknowledgedTopic else {
                return "\(self.place) closed the connection: it ended, or another client is called "
                    + "\(self.clientID) too"
            }
            return "\(self.place) closed the connection instead of acknowledging a message for \(topic): may "
                + "\(self.clientID) publish there, and does another client have this name?"
        }
    }

    /// What TLS says is wrong; nil when it says nothing.
    private var securityText: String? {
        guard let tls = self.configuration.tls, let noted = self.noted else { return nil }
        if noted.contains("host name verification failed") {
            return "the broker's certificate is not for \(self.configuration.host): endpoint must be a "
                + "name that stands in it"
        }
        if let (code, text) = self.verification {
            return self.distrustText(code, text, authorities: tls.caPath)
        }
        let certificate = tls.certificatePath ?? "none"
        for (mark, text) in Self.alerts where noted.contains(mark) {
            return text.replacing("CERTIFICATE", with: certificate)
        }
        return "TLS failed: \(noted)"
    }

    /// OpenSSL's numbers are those of x509_vfy.h.
    private func distrustText(_ code: Int, _ text: String, authorities: String) -> String {
        switch code {
        case 10: "the broker's certificate has expired, or this machine's clock is wrong"
        case 9: "the broker's certificate is not valid yet, or this machine's clock is wrong"
        case 23: "the broker's certificate is revoked"
        case 2, 18, 19, 20, 21:
            "the broker's certificate is not signed by an authority in rootCaPath \(authorities): "
                + text
        default: "the broker's certificate is not trusted: \(text); rootCaPath is \(authorities)"
        }
    }

    /// What the broker's alerts and OpenSSL's own errors begin with, and what they mean for our side.
    private static let alerts: KeyValuePairs<String, String> = [
        "alert certificate revoked":
            "the broker says that our certificate is revoked: certificateFilePath CERTIFICATE",
        "alert certificate expired":
            "the broker says that our certificate has expired: certificateFilePath CERTIFICATE",
        "alert certificate required":
            "the broker wants a certificate of ours: set certificateFilePath and privateKeyPath",
        "alert handshake failure":
            "the broker refuses the TLS handshake: it may want a certificate of ours "
            + "(certificateFilePath CERTIFICATE)",
        "alert unknown ca":
            "the broker does not know who signed our certificate: certificateFilePath CERTIFICATE",
        "alert bad certificate":
            "the broker does not accept our certificate: certificateFilePath CERTIFICATE",
        "alert no application protocol": "the broker does not speak MQTT on this port: check port",
        "wrong version number": "the port is not one for TLS: check port",
        "key values mismatch": "privateKeyPath is not the key of certificateFilePath CERTIFICATE",
        "Unable to load client key file":
            "privateKeyPath has no private key in PEM form that can be read without a password",
        "Unable to load client certificate":
            "certificateFilePath CERTIFICATE has no certificate in PEM form",
        "Unable to load engine private key":
            "the key that privateKeyPath names is not found on the PKCS #11 token",
        "Unable to load CA certificates": "rootCaPath has no certificate in PEM form",
    ]
}

extension Duration {
    fileprivate var inMilliseconds: Int { Int(self / .milliseconds(1)) }
}
