/// Who wants to do what.
struct AccessRequest {
    let principal: String
    let operation: String
    let service: String
    let resource: String
}
