import Foundation
import TestSupport

/// A certificate authority of a test, with openssl.
struct Authority {
    /// A certificate and its key, as PEM files.
    struct Identity {
        let certificate: String
        let key: String
    }

    private let folder: TemporaryFolder
    private var configuration: String { self.path("openssl.cnf") }

    /// The authority's own certificate.
    var certificate: String { self.path("authority.pem") }
    /// What is revoked; `revoke` makes it.
    var revocations: String { self.path("revocations.pem") }

    init() async throws {
        self.folder = try TemporaryFolder(["index.txt": "", "crlnumber": "01\n"])
        try self.folder.write(
            """
            [req]
            distinguished_name = name
            [name]
            [authority]
            basicConstraints = critical,CA:true
            keyUsage = keyCertSign,cRLSign
            [ca]
            default_ca = settings
            [settings]
            database = \(self.path("index.txt"))
            crlnumber = \(self.path("crlnumber"))
            default_md = sha256
            """.utf8,
            to: "openssl.cnf"
        )
        let identity = self.identity("authority")
        try await self.openssl(
            "req -x509 -config \(self.configuration) -extensions authority -days 30 \(Self.newKey) "
                + "-subj /CN=authority -keyout \(identity.key) -out \(identity.certificate)"
        )
    }

    /// A new key and a certificate for it.
    ///
    /// - Parameters:
    ///   - name: What the certificate calls it.
    ///   - host: The subject's alternative name.
    ///   - days: For how long it is valid; -1 is until yesterday.
    func issue(_ name: String, host: String = "IP:127.0.0.1", days: Int = 30) async throws -> Identity {
        let identity = self.identity(name)
        let (request, extensions) = (self.path("\(name).csr"), self.path("\(name).ext"))
        try self.folder.write("subjectAltName = \(host)\n".utf8, to: "\(name).ext")
        try await self.openssl(
            "req -config \(self.configuration) \(Self.newKey) -subj /CN=\(name) -keyout \(identity.key) "
                + "-out \(request)"
        )
        try await self.openssl(
            "x509 -req -in \(request) -CA \(self.certificate) -CAkey \(self.path("authority.key")) "
                + "-CAcreateserial -days \(days) -extfile \(extensions) -out \(identity.certificate)"
        )
        return identity
    }

    /// Revokes what was issued, and writes the list.
    func revoke(_ identities: [Identity]) async throws {
        let authority =
            "ca -config \(self.configuration) -cert \(self.certificate) "
            + "-keyfile \(self.path("authority.key"))"
        for identity in identities { try await self.openssl("\(authority) -revoke \(identity.certificate)") }
        try await self.openssl("\(authority) -gencrl -crldays 30 -out \(self.revocations)")
    }

    /// The lines of a mosquitto's configuration that ask every client for a certificate.
    func server(_ identity: Identity) -> [String] {
        // Else it gives up root, and with it the right to read its key.
        [
            "user root", "cafile \(self.certificate)", "certfile \(identity.certificate)",
            "keyfile \(identity.key)", "require_certificate true",
        ]
    }

    private static let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    private func path(_ name: String) -> String { "\(self.folder.path)/\(name)" }

    private func identity(_ name: String) -> Identity {
        Identity(certificate: self.path("\(name).pem"), key: self.path("\(name).key"))
    }

    private func openssl(_ arguments: String) async throws {
        let program = try Program("/usr/bin/openssl", arguments.split(separator: " ").map(String.init))
        guard try await program.end() == 0 else {
            throw ProgramError(description: program.lines.joined(separator: "\n"))
        }
    }
}
