internal import Broker
internal import FoundationEssentials
internal import NIOHTTP1
internal import TopicRouter

/// The header that goes with work: base64 of a JSON object.
enum ClientContext {
    /// What the context of a publish says.
    struct Publish: Equatable {
        /// Who claims to publish.
        let source: String
        let topic: TopicName
        let policy: QueueFullPolicy
    }

    /// Reads the context of a publish.
    ///
    /// - Throws: 400 with a text that says what is wrong.
    static func publish(_ header: String) throws(Refusal) -> Publish {
        let custom = try decode(
            PublishDocument.self,
            from: header,
            shape: #"{"custom": {"source": YOUR_FUNCTION_ARN, "subject": TOPIC, "queueFullPolicy": POLICY}}"#
        ).custom
        let policy: QueueFullPolicy
        switch custom.queueFullPolicy ?? "" {
        case "":
            policy = .bestEffort
        case let text:
            guard let named = QueueFullPolicy(rawValue: text) else {
                throw Refusal(
                    .badRequest,
                    "queueFullPolicy is BestEffort, AllOrError or absent, not \"\(text)\"."
                )
            }
            policy = named
        }
        do throws(TopicError) {
            return Publish(source: custom.source, topic: try TopicName(custom.subject), policy: policy)
        } catch {
            throw Refusal(.badRequest, "\(error)")
        }
    }

    /// Checks the context of an invocation.
    ///
    /// It is handed to the other function as it is, and one that its runtime can't read would be that one's
    /// failure.
    ///
    /// - Throws: 400 unless the header is absent, empty, or base64 of a JSON object.
    static func check(_ header: String) throws(Refusal) {
        guard !header.isEmpty else { return }
        _ = try decode([String: Anything].self, from: header, shape: "{…}")
    }

    private static func decode<Document: Decodable>(
        _ type: Document.Type,
        from header: String,
        shape: String
    ) throws(Refusal) -> Document {
        guard let bytes = Data(base64Encoded: header),
            let document = try? JSONDecoder().decode(type, from: bytes)
        else { throw Refusal(.badRequest, "\(HeaderName.clientContext) is not base64 of the JSON \(shape).") }
        return document
    }

    private struct PublishDocument: Decodable {
        struct Custom: Decodable {
            let source: String
            let subject: String
            let queueFullPolicy: String?
        }

        let custom: Custom
    }

    /// A JSON value that nobody looks into.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }
}
