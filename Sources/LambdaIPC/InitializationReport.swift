/// What a runtime says once it has loaded its function, or could not.
struct InitializationReport: Decodable {
    private let success: Bool
    private let response: String?

    private enum CodingKeys: String, CodingKey {
        case success = "Success"
        case response = "Response"
    }

    /// Why the function can't be served; `nil` when it can.
    var failure: String? {
        success ? nil : response ?? "the runtime gave no reason"
    }
}
