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
        guard uri.hasPrefix(Self.base) else { throw Self.notFound }
        let path = uri.utf8.dropFirst(Self.base.utf8.count)
        let end = path.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
        guard end > path.startIndex, let arn = Substring(path[..<end]).removingPercentEncoding else {
            throw Self.notFound
        }
        let below = Substring(path[end...])
        guard let operation = Self.operation(method, below: below) else {
            guard let allowed = Self.methods(below: below) else { throw Self.notFound }
            throw Refusal(.methodNotAllowed, "\(method.rawValue) is not served here, only \(allowed).")
        }
        self.operation = operation
        self.arn = arn
    }

    /// The operation on a function's own path, or on one below it.
    private static func operation(_ method: HTTPMethod, below: Substring) -> Operation? {
        switch (below, method) {
        case ("", .GET): .getResult
        case ("", .POST): .postWork
        case ("/work", .GET): .getWork
        case ("/work", .POST): .postResult
        case ("/initialized", .PUT): .putInitialized
        default: nil
        }
    }

    /// The methods that a path has, in words; `nil` for a path that is not served.
    private static func methods(below: Substring) -> String? {
        switch below {
        case "", "/work": "GET and POST"
        case "/initialized": "PUT"
        default: nil
        }
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
