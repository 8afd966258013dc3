/// Builds netlink messages and attributes in memory that grows and is used again.
///
/// Attributes follow each other padded to 4 bytes; nested ones are closed by ``end(_:)``. An attribute that would
/// exceed the 65 535 bytes that its length field can say sets ``isOversized``, which the sender checks once per
/// message.
///
/// Unsafe pointers stay in this file: every store goes through ``reserve(_:)``, which makes sure of its room.
package struct NetlinkWriter: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes written.
    package private(set) var count = 0
    /// Whether an attribute was too long to be said.
    package private(set) var isOversized = false

    /// An empty writer.
    package init(capacity: Int = 4096) {
        self.capacity = max(64, capacity)
        self.memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { self.memory.deallocate() }

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() { self.truncate(to: 0) }

    /// Forgets what was written from byte `count` on (an earlier value of ``count``).
    package mutating func truncate(to count: Int) {
        self.count = min(max(0, count), self.count)
        self.isOversized = false
    }

    /// What was written.
    package func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: self.memory, count: self.count))
    }

    /// A copy of what was written.
    package var bytes: [UInt8] { self.withUnsafeBytes { Array($0) } }

    /// Makes room for `size` more bytes, counts them as written, and returns where they are.
    private mutating func reserve(_ size: Int) -> UnsafeMutableRawPointer {
        let end = self.count &+ size
        if end > self.capacity {
            let wider = max(end, self.capacity &* 2)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: wider, alignment: 16)
            memory.copyMemory(from: self.memory, byteCount: self.count)
            self.memory.deallocate()
            self.memory = memory
            self.capacity = wider
        }
        let place = self.memory + self.count
        self.count = end
        return place
    }

    // MARK: Messages

    /// Starts a generic netlink message of the openvswitch families; returns what ``endMessage(_:)`` needs.
    package mutating func beginMessage(
        family: UInt16, flags: UInt16, sequence: UInt32, portID: UInt32, command: UInt8, version: UInt8,
        datapathInterfaceIndex: Int32
    ) -> Int {
        let start = self.count
        let place = self.reserve(24)
        place.storeBytes(of: 0, as: UInt32.self)
        place.storeBytes(of: family, toByteOffset: 4, as: UInt16.self)
        place.storeBytes(of: flags, toByteOffset: 6, as: UInt16.self)
        place.storeBytes(of: sequence, toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: portID, toByteOffset: 12, as: UInt32.self)
        place.storeBytes(of: command, toByteOffset: 16, as: UInt8.self)
        place.storeBytes(of: version, toByteOffset: 17, as: UInt8.self)
        place.storeBytes(of: 0, toByteOffset: 18, as: UInt16.self)
        place.storeBytes(of: datapathInterfaceIndex, toByteOffset: 20, as: Int32.self)
        return start
    }

    /// Writes the length of the message that began at `start`.
    package mutating func endMessage(_ start: Int) {
        (self.memory + start).storeBytes(of: UInt32(truncatingIfNeeded: self.count &- start), as: UInt32.self)
    }

    /// Adds flags to the header of the message that began at `start`.
    package mutating func addFlags(_ flags: UInt16, toMessageAt start: Int) {
        let place = self.memory + (start &+ 6)
        place.storeBytes(of: place.load(as: UInt16.self) | flags, as: UInt16.self)
    }

    // MARK: Attributes

    /// Starts an attribute whose payload is what is written until ``end(_:)``.
    package mutating func begin(_ type: UInt16) -> Int {
        let start = self.count
        let place = self.reserve(4)
        place.storeBytes(of: 0, as: UInt16.self)
        place.storeBytes(of: type, toByteOffset: 2, as: UInt16.self)
        return start
    }

    /// Ends the attribute that began at `start`: writes its length and pads.
    package mutating func end(_ start: Int) {
        let length = self.count &- start
        if length > Int(UInt16.max) { self.isOversized = true }
        (self.memory + start).storeBytes(of: UInt16(truncatingIfNeeded: length), as: UInt16.self)
        let padding = -length & 3
        if padding > 0 { self.zeros(padding) }
    }

    /// An attribute without payload.
    package mutating func flag(_ type: UInt16) { self.end(self.begin(type)) }

    /// An attribute that is one integer in host byte order.
    package mutating func attribute<Value: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, _ value: Value) {
        let start = self.begin(type)
        self.host(value)
        self.end(start)
    }

    /// An attribute that is one integer in network byte order.
    package mutating func bigEndianAttribute<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: UInt16, _ value: Value
    ) {
        self.attribute(type, value.bigEndian)
    }

    /// An attribute that is a string with a zero after it.
    package mutating func attribute(_ type: UInt16, zeroTerminated text: String) {
        let start = self.begin(type)
        for byte in text.utf8 { self.host(byte) }
        self.host(UInt8(0))
        self.end(start)
    }

    // MARK: Payload

    /// An integer in host byte order.
    package mutating func host<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        self.reserve(MemoryLayout<Value>.size).storeBytes(of: value, as: Value.self)
    }

    /// An integer in network byte order.
    package mutating func network<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        self.host(value.bigEndian)
    }

    /// The low 48 bits of `value` in network byte order: an Ethernet address.
    package mutating func network48(_ value: UInt64) {
        self.network(UInt16(truncatingIfNeeded: value >> 32))
        self.network(UInt32(truncatingIfNeeded: value))
    }

    /// Bytes as they are.
    package mutating func raw(_ bytes: borrowing [UInt8]) {
        let place = self.reserve(bytes.count)
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { place.copyMemory(from: base, byteCount: source.count) }
        }
    }

    /// So many zero bytes.
    package mutating func zeros(_ count: Int) {
        self.reserve(count).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }
}
