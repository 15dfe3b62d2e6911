/// The archive that a function's code comes in: a zip file, as Lambda takes it.
///
/// Archives come from outside. One that is damaged or could reach outside its folder is refused as a whole.
/// The calls block for as long as the disk takes: they don't belong on an event loop.
package enum CodePackage {
    /// Looks at the archive's directory and at the targets of its links, and writes nothing.
    ///
    /// It doesn't look at what is in the files, so an archive may still be found damaged when it is unpacked.
    ///
    /// - Throws: ``CodePackageError`` when the archive can't be read or must not be unpacked.
    package static func check(
        _ archive: String,
        limits: CodePackageLimits = CodePackageLimits()
    ) throws(CodePackageError) {
        do {
            let file = try ArchiveFile(archive)
            _ = try PackageContents(of: ZipArchive(file, limits: limits))
        } catch {
            throw CodePackageError(archive: archive, problem: error)
        }
    }

    /// Unpacks the archive into `folder`, in the place of what was there, unless that is from this very file.
    ///
    /// Whoever has files of the old folder open keeps them. A failure leaves the old folder as it was; a
    /// crash leaves that or, until the next call, none.
    ///
    /// Beside the folder lie `FOLDER.stamp`, which tells the archive's size, time and inode, and during a
    /// call `FOLDER.work-` with six characters more. To be called by one thread at a time for a folder.
    ///
    /// - Parameters:
    ///   - archive: the path of the file.
    ///   - folder: an absolute path without a slash at its end; its parents are made, and stay.
    ///   - limits: how much the archive may hold.
    /// - Returns: whether it had to unpack.
    /// - Throws: ``CodePackageError`` when the archive can't be read, must not be unpacked, or has no room.
    package static func unpack(
        _ archive: String,
        into folder: String,
        limits: CodePackageLimits = CodePackageLimits()
    ) throws(CodePackageError) -> Bool {
        let slash = UInt8(ascii: "/")
        precondition(
            folder.utf8.first == slash && folder.utf8.last != slash,
            "no absolute path without a slash at its end: \(folder)"
        )
        do {
            let file = try ArchiveFile(archive)
            let stamp = UnpackStamp(of: file, folder: folder)
            if stamp.isValid { return false }
            try replace(folder, with: file, stamp: stamp, limits: limits)
            stamp.write()
            return true
        } catch {
            throw CodePackageError(archive: archive, problem: error)
        }
    }

    /// Unpacks, and clears what it no longer needs before it returns.
    private static func replace(
        _ folder: String,
        with file: borrowing ArchiveFile,
        stamp: UnpackStamp,
        limits: CodePackageLimits
    ) throws(PackageProblem) {
        let archive = try ZipArchive(file, limits: limits)
        let contents = try PackageContents(of: archive)
        let work = try WorkFolder(beside: folder)
        let writer = try PackageWriter(path: work.newPackage)
        try writer.write(contents, from: archive)
        guard file.isUnchanged else {
            throw PackageProblem("the archive has changed while it was unpacked; wait until it is complete")
        }
        try stamp.remove()
        try work.replacePackage()
    }
}
