import CMosquitto
import Glibc
import GreengrassModel

/// A CONNACK of MQTT 3.1.1 has the session flag in its first bit, one of MQTT 5 as well.
private let sessionPresentFlag: CInt = 1

/// What libmosquitto writes to its log when it probes the connection, and when the probe is answered.
///
/// It tells it nobody otherwise.
private let pingMark: StaticString = "sending PINGREQ"
private let pongMark: StaticString = "received PINGRESP"

extension MosquittoClient {
    func setCallbacks(of handle: OpaquePointer) {
        mosquitto_connect_v5_callback_set(handle) { _, context, code, flags, properties in
            guard let client = client(in: context) else { return }
            var isAvailable: UInt8 = 1
            _ = mosquitto_property_read_byte(
                properties,
                CInt(MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE.rawValue),
                &isAvailable,
                false
            )
            client.delegate.connectAnswered(
                ConnectAnswer(
                    code: code,
                    isSessionPresent: flags & sessionPresentFlag != 0,
                    hasSubscriptionIdentifiers: client.version == .mqtt5 && isAvailable != 0
                )
            )
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, context, code, _ in
            // The library's own numbers are below those with which a broker says goodbye.
            if code >= 0x80 { client(in: context)?.delegate.disconnected(reasonCode: code) }
        }
        mosquitto_subscribe_callback_set(handle) { _, context, packetID, count, grantedQoS in
            let granted = UnsafeBufferPointer(start: grantedQoS, count: Int(max(0, count)))
            client(in: context)?.delegate
                .subscribeAnswered(packetID: packetID, reasonCodes: Array(granted))
        }
        mosquitto_unsubscribe_callback_set(handle) { _, context, packetID in
            client(in: context)?.delegate.unsubscribeAnswered(packetID: packetID)
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, packetID, reasonCode, _ in
            client(in: context)?.delegate.published(packetID: packetID, reasonCode: reasonCode)
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
            guard let message = message?.pointee else { return }
            client(in: context)?.delegate.received(ReceivedMessage(message, properties: properties))
        }
        mosquitto_log_callback_set(handle) { handle, context, level, text in
            guard let client = client(in: context), let text else { return }
            // There is a line for each packet, so they are not made texts of their own.
            if level == MOSQ_LOG_ERR {
                let session = handle.flatMap { mosquitto_ssl_get($0) }
                client.notes.add(String(cString: text), session: session)
            } else if ends(text, with: pingMark) {
                client.delegate.pinged(isAnswered: false)
            } else if ends(text, with: pongMark) {
                client.delegate.pinged(isAnswered: true)
            }
        }
    }
}

/// What a topic says stands in the middle of a line, and can't pass for its end.
private func ends(_ line: UnsafePointer<CChar>, with mark: StaticString) -> Bool {
    let start = Int(strlen(line)) - mark.utf8CodeUnitCount
    return start >= 0 && memcmp(line + start, mark.utf8Start, mark.utf8CodeUnitCount) == 0
}

/// The context of every callback is the client, which outlives its handle and so every callback.
private func client(in context: UnsafeMutableRawPointer?) -> MosquittoClient? {
    context.map { Unmanaged<MosquittoClient>.fromOpaque($0).takeUnretainedValue() }
}
