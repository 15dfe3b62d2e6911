import CMosquitto
import Glibc

/// What libmosquitto answered instead of success.
struct MosquittoError: Error, CustomStringConvertible {
    /// One of the library's `MOSQ_ERR_` numbers.
    let code: CInt
    /// The system's number for what happened, as the library left it; a resolver's for a name look-up.
    let systemCode: CInt
    /// The library's text for the number, or the system's text for `errno`.
    let description: String

    /// Takes the library's word for what happened; called straight after the call that failed.
    init(code: CInt) {
        self.systemCode = errno
        self.code = code
        self.description = String(cString: mosquitto_strerror(code))
    }

    /// Whether the message itself is at fault: no connection will ever take it.
    var isMessageAtFault: Bool {
        [
            MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET,
            MOSQ_ERR_QOS_NOT_SUPPORTED, MOSQ_ERR_RETAIN_NOT_SUPPORTED,
        ]
        .contains { $0.rawValue == self.code }
    }
}

/// Throws the library's word for what happened, unless that is success.
func check(_ code: CInt) throws {
    if code != MOSQ_ERR_SUCCESS.rawValue { throw MosquittoError(code: code) }
}
