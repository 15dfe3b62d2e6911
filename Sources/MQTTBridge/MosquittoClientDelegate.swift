import Broker

/// What a `MosquittoClient` reports while it reads and writes, on the thread that called it.
protocol MosquittoClientDelegate: AnyObject {
    /// The CONNACK came; when it refuses the connection, `read` throws next.
    func connectAnswered(_ answer: ConnectAnswer)

    /// The SUBACK for the SUBSCRIBE called `packetID` came, with a reason code for each filter: the QoS
    /// granted, or 0x80 and above for a failure.
    func subscribeAnswered(packetID: CInt, reasonCodes: [CInt])

    /// The UNSUBACK for the UNSUBSCRIBE called `packetID` came.
    func unsubscribeAnswered(packetID: CInt)

    /// The message called `packetID` was acknowledged with a reason code (QoS 1; 0 before MQTT 5) or written
    /// (QoS 0).
    func published(packetID: CInt, reasonCode: CInt)

    /// A message came; it is valid only during the call.
    ///
    /// Its PUBACK is not written before this returns.
    func received(_ message: borrowing ReceivedMessage)

    /// The broker said goodbye, with a reason of MQTT 5; `read` throws next.
    func disconnected(reasonCode: CInt)

    /// The library probed the connection, or its probe was answered.
    func pinged(isAnswered: Bool)
}

/// A CONNACK.
struct ConnectAnswer {
    /// 0, or why the broker refuses: one of MQTT 3.1.1's codes below 0x80, or one of MQTT 5's.
    let code: CInt
    /// Whether the broker remembers our session.
    let isSessionPresent: Bool
    /// Whether subscriptions may have identifiers: MQTT 5, and not switched off.
    let hasSubscriptionIdentifiers: Bool
}
