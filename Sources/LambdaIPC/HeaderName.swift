/// The header fields of the legacy API.
enum HeaderName {
    static let token = "Authorization"
    static let clientContext = "X-Amz-Client-Context"
    static let functionError = "X-Amz-Function-Error"
    static let invocationID = "X-Amz-InvocationId"
    static let invocationType = "X-Amz-Invocation-Type"
}
