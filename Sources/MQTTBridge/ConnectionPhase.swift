/// How far a connection has come.
enum ConnectionPhase {
    /// Its TCP connection is being made.
    case socket
    /// TLS agrees on keys and certificates.
    case handshake
    /// CONNECT was sent.
    case connect
    /// The broker accepted the connection.
    case connected
}
