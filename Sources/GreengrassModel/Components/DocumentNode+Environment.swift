extension DocumentNode {
    /// Linux takes no longer `NAME=VALUE` for a process (MAX_ARG_STRLEN, without the closing NUL).
    private static let environmentBytesMax = 131_071

    /// An object of environment variables.
    func environment() -> [String: String]? {
        guard let entries = entries() else { return nil }
        var variables: [String: String] = [:]
        for (name, place, node) in entries {
            guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) else {
                let message =
                    "found the name \(name.quoted); the name of a variable is not empty and has no = in it"
                log.add(.error, message, at: place, keyPath: keyPath)
                continue
            }
            guard let value = node.string() else { continue }
            guard name.utf8.count + 1 + value.utf8.count <= Self.environmentBytesMax else {
                node.reject(
                    "a variable has at most \(Self.environmentBytesMax) bytes, its name and = included"
                )
                continue
            }
            variables[name] = value
        }
        return variables
    }
}
