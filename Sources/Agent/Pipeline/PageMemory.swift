import Glibc

/// Memory in whole pages, straight from the kernel: what is released goes back to the host at once, however large the
/// pieces before and behind it are.
///
/// For the chunks of large tables. The pages are there when the memory is given out: a fault for each would cost more.
enum PageMemory {
    /// Gives `byteCount` bytes of zeros, a multiple of the page size.
    static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let memory = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
        guard let memory, memory != MAP_FAILED else { preconditionFailure("no memory for \(byteCount) bytes") }
        return memory
    }

    /// The size of a huge page.
    static let hugePageBytes = 1 << 21

    /// Gives `byteCount` bytes of zeros, a multiple of ``hugePageBytes``, in huge pages where the host has them: for
    /// memory that is looked into at random, where most of the time goes into finding pages.
    static func allocateHuge(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let whole = byteCount + Self.hugePageBytes
        let memory = mmap(nil, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { preconditionFailure("no memory for \(byteCount) bytes") }
        let before =
            (Self.hugePageBytes - Int(bitPattern: memory) & (Self.hugePageBytes - 1)) & (Self.hugePageBytes - 1)
        let start = memory + before
        if before > 0 { munmap(memory, before) }
        if before < Self.hugePageBytes { munmap(start + byteCount, Self.hugePageBytes - before) }
        // Without huge pages the memory is as good, only slower.
        _ = madvise(start, byteCount, MADV_HUGEPAGE)
        return start
    }

    /// Takes back what ``allocate(_:)`` or ``allocateHuge(_:)`` gave.
    static func release(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) { munmap(memory, byteCount) }
}
