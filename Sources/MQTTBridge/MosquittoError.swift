import CMosquitto
import Glibc

/// What libmosquitto answered instead of success.
struct MosquittoError: Error, CustomStringConvertible {
    /// One of the library's `MOSQ_ERR_` numbers.
    let code: CInt
    /// The library's text for the number, or the system's text for `errno`.
    let description: String

    /// Takes the library's word for what happened; called straight after the call that failed.
    init(code: CInt) {
        self.code = code
        self.description = String(cString: mosquitto_strerror(code))
    }

    /// Whether the message itself is at fault: no connection will ever take it.
    var isMessageAtFault: Bool {
        [MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET]
            .contains { $0.rawValue == self.code }
    }
}
