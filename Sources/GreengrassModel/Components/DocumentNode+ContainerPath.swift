/// Paths of volumes and devices.
extension DocumentNode {
    /// What the container has of its own, and what would take the ground from under it.
    private static let ownFolders = [
        "/", "/bin", "/dev", "/etc", "/lambda", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/trellis",
        "/usr",
    ]

    /// An absolute path on the host.
    func hostPath() -> String? {
        guard let path = filledString() else { return nil }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            reject("an absolute path of the host begins with /", found: path.quoted)
            return nil
        }
        return path
    }

    /// The path of a device.
    func devicePath() -> String? {
        guard let path = hostPath() else { return nil }
        guard path.hasPrefix("/dev/"), !path.split(separator: "/").contains("..") else {
            reject("the path of a device begins with /dev/", found: path.quoted)
            return nil
        }
        return path
    }

    /// An absolute path in a container at which something of the host may be seen.
    func containerPath() -> String? {
        guard let path = hostPath() else { return nil }
        let parts = path.split(separator: "/")
        guard !parts.contains("."), !parts.contains("..") else {
            reject("a path in the container has no . or .. in it", found: path.quoted)
            return nil
        }
        let plain = "/" + parts.joined(separator: "/")
        guard !Self.ownFolders.contains(plain), !["/proc/", "/sys/"].contains(where: plain.hasPrefix) else {
            reject(
                "the container has its own \(plain == "/" ? "root" : plain); choose another destination",
                found: path.quoted
            )
            return nil
        }
        return plain
    }
}
