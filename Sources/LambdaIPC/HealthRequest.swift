internal import FoundationEssentials
internal import LambdaManager
internal import NIOCore
internal import NIOHTTP1

/// A request of Greengrass V1's local health API: how the workers are, `GET` for all of them and `POST` for
/// those of some functions.
///
/// Anybody on the machine may ask, without a token, as with V1.
struct HealthRequest {
    private static let path = "/2016-11-01/health/workers"
    /// The body of a `POST`: room for so many of the longest ARNs.
    private static let bodyBytesMax = 256 * 1024
    /// So many ARNs are looked up; a daemon has at most as many components.
    private static let functionCountMax = 1_000

    private struct Selection: Decodable {
        enum CodingKeys: String, CodingKey {
            case functionARNs = "FuncArns"
        }

        let functionARNs: [String]
    }

    private struct Selected: Encodable {
        enum CodingKeys: String, CodingKey {
            case workers = "Workers"
            case invalidARNs = "InvalidArns"
        }

        let workers: [WorkerHealth]
        let invalidARNs: [String]
    }

    private let hasBody: Bool

    /// Reads a head; `nil` when it is none of this API's.
    ///
    /// - Throws: 405 for another method, 413 for a body that is too long.
    init?(_ head: HTTPRequestHead) throws(Refusal) {
        guard head.uri == Self.path else { return nil }
        switch head.method {
        case .GET: hasBody = false
        case .POST: hasBody = true
        default:
            throw Refusal(
                .methodNotAllowed,
                "\(head.method.rawValue) is not served here, only GET and POST."
            )
        }
        if let length = head.headers.first(name: "Content-Length"), Int(length) ?? .max > Self.bodyBytesMax {
            throw Self.tooLarge
        }
    }

    /// The answer, made of what `manager` knows.
    func reply(body: ByteBuffer, manager: LambdaManager) throws(Refusal) -> Reply {
        guard hasBody else { return try Self.json(manager.workers) }
        guard body.readableBytes <= Self.bodyBytesMax else { throw Self.tooLarge }
        guard let selection = try? JSONDecoder().decode(Selection.self, from: Data(body.readableBytesView))
        else { throw Refusal(.badRequest, #"Invalid request: the body is not {"FuncArns": [ARN, …]}."#) }
        guard selection.functionARNs.count <= Self.functionCountMax else {
            throw Refusal(
                .badRequest,
                "Too many workers: at most \(Self.functionCountMax) FuncArns are looked up at a time."
            )
        }
        let (workers, invalid) = manager.workers(of: selection.functionARNs)
        return try Self.json(Selected(workers: workers, invalidARNs: invalid))
    }

    private static var tooLarge: Refusal {
        Refusal(.payloadTooLarge, "The body is too large: at most \(bodyBytesMax) bytes are taken here.")
    }

    private static func json(_ value: some Encodable) throws(Refusal) -> Reply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(value) else {
            throw Refusal(.internalServerError, "The answer could not be written as JSON.")
        }
        return Reply(.ok, headers: ["Content-Type": "application/json"], body: ByteBuffer(bytes: bytes))
    }
}
