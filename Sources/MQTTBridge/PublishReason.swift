/// A PUBACK's reason code (MQTT 5, 3.4.2.1), and what it means for the message.
struct PublishReason: Equatable {
    static let success = PublishReason(code: 0)

    let code: UInt8

    /// Whether the broker has the message; that nobody is subscribed up there is a success (0x10).
    var isSuccess: Bool { self.code < 0x80 }

    /// Whether the same message would be refused again whenever it came.
    var isFinal: Bool { Self.finalCodes.contains(self.code) }

    private static let finalCodes: Set<UInt8> = [0x87, 0x90, 0x99]

    /// The reason in the specification's words.
    var description: String { ReasonText.text(CInt(self.code)) }
}
