/// TLS, as the nucleus' `system` settings name its files.
extension MQTTSettings {
    /// What a key begins with that lies on a PKCS #11 token (RFC 7512).
    private static let tokenScheme = "pkcs11:"

    mutating func readSecurity(_ object: inout DocumentObject, folder: String) {
        func file(_ key: String, orToken: Bool = false) -> String? {
            guard let node = object.optional(key), let text = node.filledString() else { return nil }
            if text.hasPrefix(Self.tokenScheme) {
                if !orToken { node.reject("only privateKeyPath may be a pkcs11: URI; this is a PEM file") }
                return text
            }
            let path = DocumentFile.join(DocumentFile.currentFolder, DocumentFile.join(folder, text))
            guard case .file = DocumentFile.kind(path) else {
                node.reject("there is no such file; a relative path begins at the folder of trellis.json")
                return path
            }
            return path
        }
        rootCaPath = file("rootCaPath")
        certificateFilePath = file("certificateFilePath")
        privateKeyPath = file("privateKeyPath", orToken: true)
        if endpoint == .embedded, rootCaPath != nil {
            object.node.warn(
                "rootCaPath is not used: the endpoint is the embedded broker; set endpoint to a host"
            )
        }
        let given = [rootCaPath, certificateFilePath, privateKeyPath].map { $0 != nil }
        let node = object.node
        if given[1] != given[2] {
            node.reject(
                "certificateFilePath and privateKeyPath belong together: give both, or neither",
                found: given[1] ? "a certificate without its key" : "a key without its certificate"
            )
        } else if given[1], !given[0] {
            node.reject(
                "rootCaPath names the authority of the broker's certificate, which TLS needs",
                found: "a certificate without rootCaPath"
            )
        } else if isIoTCore, !given[1] {
            node.reject(
                "AWS IoT Core takes connections with TLS and a client certificate: set rootCaPath, "
                    + "certificateFilePath and privateKeyPath",
                found: "an endpoint of AWS IoT Core and no certificate"
            )
        }
    }
}
