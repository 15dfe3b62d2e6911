/// How much an archive may hold; one that holds more is refused, and nothing of it is kept.
package struct CodePackageLimits: Sendable {
    /// Files, links and folders, those included that only the names of others ask for.
    ///
    /// Ten times what botocore has, which is among the largest packages in common use (2,061). Each costs an
    /// inode, and up to 4 kB of memory while it is unpacked.
    package var entries = 20_000

    /// Bytes of all files together, and of all links' targets.
    ///
    /// Lambda's own quota for a package and its layers, unzipped: 250 MB.
    package var unpackedBytes = 262_144_000

    /// How many bytes may come out of one byte of the archive's file.
    ///
    /// Packages of code shrink to about a third (numpy's to 29 %). Deflate could reach 1,032, with zeros.
    package var ratio = 100

    /// Up to here any ratio will do: small files of zeros harm nobody.
    package var ratioFreeBytes = 16 << 20

    /// Bytes of an entry's name; the longest in botocore, numpy and pandas has 88.
    package var nameBytes = 1_024

    /// Parts of an entry's name, which is how deep it lies: 8 at most in those three.
    ///
    /// To remove a folder takes a descriptor for each level.
    package var depth = 64

    /// Bytes of a symbolic link's target: Linux's `PATH_MAX` without the zero at its end.
    package var linkTargetBytes = 4_095

    /// Bytes of the archive's directory, which libzip holds in memory.
    ///
    /// Half as much again as 20,000 entries take that have the longest names: 46 + 1,024 bytes each.
    package var directoryBytes = 32 << 20

    /// The limits that Trellis runs with.
    package init() {}
}
