/// Where a function's code is: what `CodeUri` names.
package enum FunctionCode: Hashable, Sendable {
    /// A folder; its absolute path.
    case folder(String)
    /// A zip archive, to be unpacked before the function starts; its absolute path.
    case archive(String)

    /// The absolute path of either.
    package var path: String {
        switch self {
        case .folder(let path), .archive(let path): path
        }
    }
}
