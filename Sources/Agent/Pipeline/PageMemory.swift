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

    /// Takes back what ``allocate(_:)`` gave.
    static func release(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) { munmap(memory, byteCount) }
}
