/// A SOCKS 5 proxy (RFC 1928), which looks names up itself: the nucleus' `networkProxy`.
package struct NetworkProxy: Hashable, Sendable {
    /// Its host name or address.
    package var host: String
    /// Its port.
    package var port: Int
    /// Whom it knows us as; nil: nobody.
    package var username: String?
    /// The password.
    package var password: String?
    /// What is reached without it: hosts in lowercase, each with what ends with it.
    var exceptions: [String] = []

    /// The scheme of the proxies that the MQTT library can use.
    private static let scheme = "socks5"
    /// Their port (IANA).
    private static let defaultPort = 1080
    private static let explanation =
        "a proxy is socks5://HOST or socks5://HOST:PORT; the MQTT library knows no other kind"

    /// Makes a proxy that asks nobody who they are, and serves every host.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `networkProxy`; nil when there is none.
    static func read(_ node: DocumentNode?) -> NetworkProxy? {
        guard var object = node?.object() else { return nil }
        let exceptions = object.optional("noProxyAddresses")?.string() ?? ""
        var proxy: NetworkProxy?
        if var settings = object.required("proxy")?.object() {
            proxy = settings.required("url").flatMap(Self.readURL)
            if let name = settings.optional("username")?.filledString() { proxy?.username = name }
            if let word = settings.optional("password")?.string() { proxy?.password = word }
            settings.warnOfUnknownKeys()
        }
        object.warnOfUnknownKeys()
        proxy?.exceptions = exceptions.split(separator: ",").map { name in
            name.filter { $0 != " " }.lowercased()
        }
        return proxy
    }

    /// Whether connections to `host` go through it.
    func serves(_ host: String) -> Bool {
        let host = host.lowercased()
        return !exceptions.contains { host == $0 || host.hasSuffix("." + $0) }
    }

    private static func readURL(_ node: DocumentNode) -> NetworkProxy? {
        guard let text = node.string() else { return nil }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == scheme else {
            node.reject(explanation)
            return nil
        }
        var rest = parts[1]
        var port: Int? = defaultPort
        // An address of IPv6 has colons too, and stands in brackets.
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            port = Int(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        let host = String(rest.filter { !"[]".contains($0) })
        guard let port, (1...65_535).contains(port), !host.isEmpty,
            host.isMade(of: { $0.isLetter || $0.isNumber || ".-_:".contains($0) })
        else {
            node.reject(explanation)
            return nil
        }
        return NetworkProxy(host: host, port: port)
    }
}
