import Glibc

/// A few functions of OpenSSL, which libmosquitto brings along: found at run time, since its header is not
/// ours to require.
///
/// The types are those of the documentation of OpenSSL 1.1 and 3; each is nil where there is no such
/// function.
enum OpenSSL {
    typealias Session = UnsafeMutableRawPointer

    /// Why the peer's certificate is not trusted; 0 when it is.
    static let verificationResult = find(
        "SSL_get_verify_result",
        as: (@convention(c) (Session) -> CLong).self
    )
    /// The reason in words.
    static let verificationText = find(
        "X509_verify_cert_error_string",
        as: (@convention(c) (CLong) -> UnsafePointer<CChar>?).self
    )
    /// Whether the handshake is over.
    static let isHandshakeOver = find(
        "SSL_is_init_finished",
        as: (@convention(c) (Session) -> CInt).self
    )

    private static func find<Function>(_ name: String, as type: Function.Type) -> Function? {
        // In the program itself and everything that is loaded with it.
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }
}
