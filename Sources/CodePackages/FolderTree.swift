import Glibc

/// Folders with all that is in them.
enum FolderTree {
    /// How deep a folder is cleared, at a descriptor for each level: twice what a package may have.
    private static let depthMax = 128

    /// Removes what is at `path`, a folder with its contents or anything else, as far as that is possible.
    ///
    /// A function may run as another user and change folders meanwhile, so this goes from descriptor to
    /// descriptor: a folder that turns into a link never leads it elsewhere.
    static func remove(_ path: String) {
        remove(path, in: AT_FDCWD, depthLeft: depthMax)
    }

    private static func remove(_ name: UnsafePointer<CChar>, in parent: CInt, depthLeft: Int) {
        if unlinkat(parent, name, 0) == 0 || depthLeft == 0 { return }
        let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        while let entry = readdir(stream) {
            // The name is the record's last field, ends in a zero, and lives until the next is read: all of
            // what is below has its own stream.
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { break }
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            if strcmp(name, ".") != 0, strcmp(name, "..") != 0 {
                remove(name, in: descriptor, depthLeft: depthLeft - 1)
            }
        }
        closedir(stream)
        unlinkat(parent, name, AT_REMOVEDIR)
    }
}
