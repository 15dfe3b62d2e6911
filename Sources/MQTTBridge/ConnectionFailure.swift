/// Why a connection was lost or did not come about, in words that a person can act on.
struct ConnectionFailure: Error, CustomStringConvertible {
    let description: String
}
