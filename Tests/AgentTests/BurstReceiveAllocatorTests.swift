import NIOCore
import Testing

@testable import Agent

@Suite("How much memory a connection reads into")
struct BurstReceiveAllocatorTests {
    @Test("little while idle, much as soon as there is much, and little again")
    func sizes() {
        var allocator = BurstReceiveAllocator()
        func capacity(after bytes: Int?) -> Int {
            if let bytes { _ = allocator.record(actualReadBytes: bytes) }
            return allocator.buffer(allocator: ByteBufferAllocator()).writableBytes
        }
        #expect(capacity(after: nil) == 64, "a HELLO; this one is kept")
        #expect(capacity(after: 8) == 2048)
        #expect(capacity(after: 2048) >= AgentLimits.readBufferBytes)
        #expect(capacity(after: 65_536) >= AgentLimits.readBufferBytes)
        #expect(capacity(after: 5000) >= AgentLimits.readBufferBytes)
        #expect(capacity(after: 100) == 2048)
    }
}
