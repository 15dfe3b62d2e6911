import CMosquitto

/// Why a broker refuses a connection, or says goodbye, in words that a person can act on.
enum ReasonText {
    /// For a CONNACK of either version.
    static func ofConnect(_ code: CInt, clientID: String) -> String {
        switch code {
        case 1, 0x84: "the broker does not speak this version of MQTT"
        case 2, 0x85: "the broker does not accept the client id \(clientID): choose another thingName"
        case 4, 0x86: "the broker refuses our user name or password"
        case 5, 0x87: "the broker does not let \(clientID) connect: not authorized"
        case 0x8A: "the broker has banned \(clientID)"
        case 3, 0x88, 0x89: "the broker is not available now"
        case 0x97, 0x9F: "the broker takes no more connections now: \(self.text(code))"
        default: "the broker refuses the connection: \(self.text(code))"
        }
    }

    /// For a DISCONNECT of MQTT 5.
    static func ofDisconnect(_ code: CInt, clientID: String) -> String {
        switch code {
        case 0x8E:
            "another client connected as \(clientID): each Trellis needs a thingName of its own"
        case 0x8B: "the broker is shutting down"
        case 0x8D: "the broker heard nothing from us for too long"
        default: "the broker ended the connection: \(self.text(code))"
        }
    }

    /// The specification's words.
    static func text(_ code: CInt) -> String { String(cString: mosquitto_reason_string(code)) }
}
