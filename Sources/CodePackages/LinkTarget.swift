/// Where a symbolic link of a package leads.
enum LinkTarget {
    /// Whether a link that lies at `depth` (1: right in the package's folder) stays in the package.
    ///
    /// A target may go up at its start only. From the link's own folder, which is a real one since no entry
    /// lies behind a link, that ends in a folder of the package. From there it leads down, maybe through
    /// other links, for which the same holds. Going up after a name would start from wherever a link has led.
    static func isInside(_ target: String, depth: Int) -> Bool {
        guard !target.isEmpty, target.utf8.first != UInt8(ascii: "/"), !target.utf8.contains(0) else {
            return false
        }
        // By bytes, as the system does it: there are characters that swallow a slash next to them.
        let parts = target.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        let climb = parts.prefix { $0.elementsEqual("..".utf8) }.count
        return climb < depth && !parts.dropFirst(climb).contains { $0.elementsEqual("..".utf8) }
    }
}

extension ZipArchive {
    /// Where a link of the archive leads: to a place in the package, whether something lies there or not.
    ///
    /// - Throws: a problem when it leads anywhere else, or its entry is damaged.
    func target(of link: PackageEntry) throws(PackageProblem) -> String {
        guard link.sizeBytes <= limits.linkTargetBytes else {
            throw link.problem(
                "the link's target has more than \(limits.linkTargetBytes) bytes; use a shorter one"
            )
        }
        var bytes: [UInt8] = []
        try unpack(link) { bytes += $0 }
        guard let target = String(validating: bytes, as: UTF8.self),
            LinkTarget.isInside(target, depth: link.depth)
        else {
            throw link.problem(
                "the link leads out of the package; its target must be relative and stay inside"
            )
        }
        return target
    }
}
