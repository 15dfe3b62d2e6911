package import Broker

/// The calls of the control socket, and the names of what they carry; both ends use these.
package enum ControlPath {
    /// `GET`: a `StatusReport`.
    package static let status = "/status"
    /// `GET`: every component, as `[ComponentReport]`.
    package static let components = "/components"
    /// `POST`: restarts the components that `names` lists, with commas between.
    package static let restartComponents = "/components/restart"
    /// `POST`: stops them; answers when they have ended.
    package static let stopComponents = "/components/stop"
    /// `POST`: invokes `function` (a component's name or an ARN) with the body; answers the result as it is.
    package static let invoke = "/functions/invoke"
    /// `POST`: lets a process of the user's own serve `function`; answers an `AttachedFunction`.
    package static let attach = "/functions/attach"
    /// `POST`: ends that for the `instance` of `function`.
    package static let detach = "/functions/detach"
    /// `GET`: an `Explanation` of what `source` publishes on `topic`.
    package static let explain = "/explain"
    /// `POST`: publishes the body on `topic` of the local bus.
    package static let publishLocally = "/pubsub/publish"
    /// `GET`: streams a `StreamedMessage` a line, for what comes on `topic`, a filter, of the local bus.
    package static let subscribeLocally = "/pubsub/subscribe"
    /// `POST`: publishes the body on `topic` with `qos`.
    package static let publishToCloud = "/iotcore/publish"
    /// `GET`: streams a `StreamedMessage` a line, for what the cloud sends on `topic`, a filter.
    package static let subscribeToCloud = "/iotcore/subscribe"
    /// `GET`: every dead letter without its payload, as `[DeadLetterReport]`; with `number` that one with it.
    package static let deadLetters = "/deadletters"
    /// `POST`: offers the letter `number` to its target once more.
    package static let redrive = "/deadletters/redrive"
    /// `POST`: forgets the letter `number`.
    package static let drop = "/deadletters/drop"
    /// `GET`: at most `count` of the messages that wait for the cloud, from the one after the number `after`
    /// on, as `[SpooledMessageReport]`; with their payloads if there is `payload`.
    ///
    /// Of this and the next two, `link` names another broker that they wait for.
    package static let spool = "/spool"
    /// `GET`: the message `number`, or without it the next to be sent, with its payload.
    package static let spooledMessage = "/spool/message"
    /// `POST`: forgets those with `numbers` (with commas between), those whose topics the filter `topic`
    /// matches, or with `all` every one; answers a `PurgeReport`.
    package static let purgeSpool = "/spool/purge"

    /// The header with `Handled` or `Unhandled`, as AWS Lambda's own Invoke answers it.
    package static let functionErrorHeader = "X-Amz-Function-Error"
    /// The header with the version that was run.
    package static let executedVersionHeader = "X-Amz-Executed-Version"
    /// The header with the client context, base64 of a JSON object.
    package static let clientContextHeader = "X-Amz-Client-Context"
}

/// One line of a subscription's stream.
package enum StreamedMessage: Codable, Sendable {
    /// The first line: the subscription is in force. `isConnected` is false when it is one of the cloud and
    /// the link there is down, so that messages come once it is up.
    case subscribed(isConnected: Bool)
    /// A message; the payload is base64.
    case message(topic: String, payload: String, hops: Int, properties: MessageProperties?)
    /// So many messages were dropped, because this session took them too slowly.
    case dropped(count: Int)
}

/// The body of an answer that is an error.
package struct ControlError: Codable, Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do, in a sentence.
    package var message: String

    /// Makes an error.
    package init(message: String) {
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
