/// What a `MosquittoClient` reports while it reads and writes, on the thread that called it.
protocol MosquittoClientDelegate: AnyObject {
    /// The CONNACK came. With any code but 0 the broker refused, and `read` throws next; `reason` says it in
    /// words.
    func connectAnswered(code: CInt, reason: String, isSessionPresent: Bool)

    /// The SUBACK for the SUBSCRIBE called `packetID` came, with the QoS granted for each filter or 0x80 for
    /// a failure.
    func subscribeAnswered(packetID: CInt, grantedQoS: [CInt])

    /// The UNSUBACK for the UNSUBSCRIBE called `packetID` came.
    func unsubscribeAnswered(packetID: CInt)

    /// The message called `packetID` was acknowledged (QoS 1) or written (QoS 0).
    func published(packetID: CInt)

    /// A message came; `topic`, which is not checked, and `payload` are valid only during the call.
    ///
    /// Its PUBACK is not written before this returns.
    func received(topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: CInt)
}
