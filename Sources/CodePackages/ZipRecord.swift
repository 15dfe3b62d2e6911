import CZip
import Glibc

/// The longest part of a path that Linux's file systems take: `NAME_MAX`.
private let partBytesMax = 255

/// An entry as the archive's directory has it; nothing of it is to be believed.
struct ZipRecord {
    let index: zip_uint64_t
    let name: String
    /// The type and the permission bits, or 0 when the archive was not made by a system that has them.
    let mode: mode_t
    let method: Int32
    let isEncrypted: Bool
    let sizeBytes: UInt64
    let packedBytes: UInt64

    /// Whether the name says so: a slash at its end.
    var isFolder: Bool { name.utf8.last == UInt8(ascii: "/") }

    /// The name without that slash.
    ///
    /// By bytes, as the system does it: there are characters that swallow a slash next to them.
    var path: String { isFolder ? String(decoding: name.utf8.dropLast(), as: UTF8.self) : name }

    /// Why the path can't be made in a package's folder, or nil.
    func pathProblem(limits: CodePackageLimits) -> String? {
        let path = path.utf8
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if path.first == UInt8(ascii: "/") {
            return "its name starts with a slash; names must be relative to the folder of the package"
        }
        if path.count > limits.nameBytes || parts.count > limits.depth {
            return
                "its name has more than \(limits.nameBytes) bytes or \(limits.depth) parts; use a shorter one"
        }
        if parts.contains(where: { $0.count > partBytesMax }) {
            return
                "a part of its name has more than \(partBytesMax) bytes, which no disk takes; shorten it"
        }
        if path.contains(UInt8(ascii: "\\")) {
            return "its name has a backslash in it; the parts of a path must be separated by slashes"
        }
        if parts.contains(where: { $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) })
        {
            return "its name has a part that is empty, '.' or '..'; it must lead straight to its place"
        }
        return nil
    }

    /// Why what is packed can't be unpacked, or nil.
    var packingProblem: String? {
        if isEncrypted { return "it is encrypted; make the archive again without a password" }
        // Other methods, if libzip has them, are in no common use, and some take memory as the archive likes.
        if method != ZIP_CM_STORE && method != ZIP_CM_DEFLATE {
            return "it is packed by method \(method); make the archive again with the usual one, deflate"
        }
        return nil
    }
}
