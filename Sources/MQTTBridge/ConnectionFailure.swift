/// Why the bridge gave a connection up, when it was not libmosquitto that did.
struct ConnectionFailure: Error, CustomStringConvertible {
    let description: String
}
