internal import Glibc

/// Memory for what is looked up at random places.
///
/// Much of it is asked for in huge pages. Of small ones a processor keeps the addresses of some thousands,
/// and has to read those of others in memory, again for almost every lookup. Where the system has no huge
/// pages to give, a lookup takes longer and is right all the same.
enum TableMemory {
    /// What x86-64, and AArch64 with small pages of 4 KiB, call a huge page.
    private static let hugePageByteCount = 2 * 1024 * 1024

    /// Allocates; `deallocate()` of the pointer frees it.
    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= hugePageByteCount else { return .allocate(byteCount: byteCount, alignment: 64) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: hugePageByteCount)
        // It is advice, so that nothing is to be done when it is not taken.
        _ = madvise(memory, byteCount, MADV_HUGEPAGE)
        return memory
    }
}
