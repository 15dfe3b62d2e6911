internal import FoundationEssentials

/// The client context of a message that was routed to a function.
enum RoutedContext {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Base64 of `{"custom":{"subject":TOPIC}}`.
    ///
    /// Written by hand: it is made for each message, and an encoder takes longer than all else that the
    /// manager does for one.
    static func base64(topic: [UInt8]) -> String {
        var json = Array(#"{"custom":{"subject":""#.utf8)
        json.reserveCapacity(json.count + topic.count + 8)
        for byte in topic {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                json += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                json += Array(#"\u00"#.utf8) + [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 0xF)]]
            default:
                json.append(byte)
            }
        }
        json += Array(#""}}"#.utf8)
        return Data(json).base64EncodedString()
    }
}
