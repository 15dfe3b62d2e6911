/// How a connection is protected: TLS, with a certificate of our own where the broker asks for one.
package struct MQTTTransportSecurity: Hashable, Sendable {
    /// The PEM file of the authorities that may have signed the broker's certificate.
    package var caPath: String
    /// The PEM file of our certificate; nil when the broker asks for none.
    package var certificatePath: String?
    /// The PEM file of its key, or a `pkcs11:` URI of a key that never leaves its token.
    package var privateKey: String?
    /// What we ask for by ALPN, where several protocols share the port.
    package var applicationProtocol: String?

    /// Makes the protection that `caPath` gives: the broker proves who it is, and we don't.
    package init(caPath: String) {
        self.caPath = caPath
    }
}

/// How fast messages go up at most, averaged over a second.
package struct PublishRate: Hashable, Sendable {
    /// Messages a second; nil for no limit.
    package var messagesPerSecond: Int?
    /// Bytes of payload a second; nil for no limit.
    package var bytesPerSecond: Int?

    /// Makes a rate.
    package init(messagesPerSecond: Int?, bytesPerSecond: Int?) {
        self.messagesPerSecond = messagesPerSecond
        self.bytesPerSecond = bytesPerSecond
    }
}
