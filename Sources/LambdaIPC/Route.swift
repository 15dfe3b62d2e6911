internal import NIOHTTP1

/// What a request asks for: one of the API's operations on one function.
struct Route: Equatable {
    enum Operation: Equatable {
        /// Invoke, or publish when the function is the router.
        case postWork
        case getResult
        case getWork
        case postResult
        case putInitialized
    }

    private static let base = "/2016-11-01/functions/"

    let operation: Operation
    /// The function's ARN as it stands in the path, percent-decoded; any text.
    let arn: String

    /// Reads a request line.
    ///
    /// - Throws: 404 for a path that is not served, 405 for a method that its path does not have.
    init(method: HTTPMethod, uri: String) throws(Refusal) {
        let parts = uri.dropFirst(Self.base.count).split(
            separator: "/",
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard uri.hasPrefix(Self.base), let first = parts.first, !first.isEmpty,
            let arn = first.removingPercentEncoding
        else { throw Self.notFound }
        let operations: KeyValuePairs<HTTPMethod, Operation> =
            switch parts.dropFirst() {
            case []: [.GET: .getResult, .POST: .postWork]
            case ["work"]: [.GET: .getWork, .POST: .postResult]
            case ["initialized"]: [.PUT: .putInitialized]
            default: throw Self.notFound
            }
        guard let operation = operations.first(where: { $0.key == method }) else {
            let allowed = operations.map(\.key.rawValue).joined(separator: " and ")
            throw Refusal(.methodNotAllowed, "\(method.rawValue) is not served here, only \(allowed).")
        }
        self.operation = operation.value
        self.arn = arn
    }

    private static let notFound = Refusal(
        .notFound,
        "No such path. Served are \(base)FUNCTION_ARN and, below it, /work and /initialized."
    )
}

extension Substring {
    /// The text with each `%XX` replaced by its byte; `nil` when one is incomplete or the bytes are no UTF-8.
    fileprivate var removingPercentEncoding: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return String(self) }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var hexDigitValue: UInt8? {
        Character(Unicode.Scalar(self)).hexDigitValue.map(UInt8.init)
    }
}
