/// Writes structures into a growing array of bytes.
///
/// The array is kept longer than what is written, and filled with zeros, so that a field is one store and
/// reserved bytes are a step; ``finish()`` cuts it.
struct WireWriter: WireVisitor, Sendable {
    private var bytes: [UInt8]
    let version: OpenFlowVersion
    /// Where the message begins in the array.
    private(set) var start: Int
    private(set) var position: Int
    /// The IP protocol of the match written last, if it named one; 1.2 and later need it for 1.0's
    /// transport setters.
    var transportProtocol: UInt8?
    /// The transaction of the message that is being written.
    var transactionID = TransactionID(rawValue: 0)

    /// Appends to `bytes`, which is taken over.
    init(appendingTo bytes: consuming [UInt8], version: OpenFlowVersion) {
        self.start = bytes.count
        self.position = bytes.count
        self.bytes = bytes
        self.version = version
    }

    var isReading: Bool { false }
    var context: WireContext { .message }
    var matchHadNoWildcards: Bool { false }
    var hasFlowModTableID: Bool { false }
    var offset: Int { self.position - self.start }
    var remaining: Int { 0 }
    var nextWord: UInt32? { nil }

    /// What was written, with what was there before; the writer has nothing then.
    mutating func finish() -> [UInt8] {
        // Taken out of `self`: a second owner would have it copied where it is cut.
        var bytes: [UInt8] = []
        swap(&bytes, &self.bytes)
        bytes.removeLast(bytes.count - self.position)
        return bytes
    }

    /// What is there, up to `end`; what follows moves to the front, and the message is taken to begin there.
    mutating func take(upTo end: Int) -> [UInt8] {
        let taken = Array(self.bytes[..<end])
        self.bytes.removeSubrange(..<end)
        self.position -= end
        self.start = max(0, self.start - end)
        return taken
    }

    /// Forgets what was written from `position` on.
    mutating func rewind(to position: Int) {
        for index in position..<self.position { self.bytes[index] = 0 }
        self.position = position
    }

    /// Begins another message here.
    mutating func startMessage(at position: Int) { self.start = position }

    /// Makes room for `count` bytes at `index`, before what was written there.
    mutating func insert(_ count: Int, at index: Int) {
        self.bytes.insert(contentsOf: repeatElement(0, count: count), at: index)
        self.position += count
    }

    private static let zeros = [UInt8](repeating: 0, count: 256)
    private static let manyZeros = [UInt8](repeating: 0, count: 8_192)

    @inline(never)
    private mutating func grow(_ count: Int) {
        // Array grows its capacity by itself; zeros are copied in, which is faster than one at a time.
        var missing = self.position + count - self.bytes.count
        let zeros = self.offset < 8_192 ? Self.zeros : Self.manyZeros
        while missing > 0 {
            self.bytes.append(contentsOf: zeros)
            missing -= zeros.count
        }
    }

    /// Calls `body` with the next `count` bytes, which it is to write.
    @inline(__always)
    mutating func withNext(_ count: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
        guard count > 0 else { return }
        self.reserve(count)
        let position = self.position
        self.bytes.withUnsafeMutableBytes { bytes in
            // `reserve` has made room for them.
            if let base = bytes.baseAddress { body(base + position) }
        }
        self.position += count
    }

    @inline(__always)
    private mutating func reserve(_ count: Int) {
        if self.position + count > self.bytes.count { self.grow(count) }
    }

    @inline(__always)
    private mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        self.reserve(MemoryLayout<T>.size)
        let position = self.position
        self.bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: position, as: T.self) }
        self.position = position + MemoryLayout<T>.size
    }

    /// Replaces a 16-bit number written before.
    mutating func patch(_ value: UInt16, at position: Int) {
        self.bytes[position] = UInt8(truncatingIfNeeded: value >> 8)
        self.bytes[position + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Copies one byte written before.
    mutating func copyByte(from source: Int, to target: Int) { self.bytes[target] = self.bytes[source] }

    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt8) throws(WireError) { self.store(value) }
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt16) throws(WireError) { self.store(value) }
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt32) throws(WireError) { self.store(value) }
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt64) throws(WireError) { self.store(value) }

    /// The low `count` bytes of a number.
    mutating func integer(_ value: UInt128, bytes count: Int) {
        switch count {
        case 1: self.store(UInt8(truncatingIfNeeded: value))
        case 2: self.store(UInt16(truncatingIfNeeded: value))
        case 4: self.store(UInt32(truncatingIfNeeded: value))
        case 8: self.store(UInt64(truncatingIfNeeded: value))
        default:
            for index in (0..<count).reversed() {
                self.store(UInt8(truncatingIfNeeded: value >> UInt128(8 * index)))
            }
        }
    }

    mutating func reserved(_ count: Int) throws(WireError) {
        self.reserve(count)
        self.position += count
    }

    mutating func text(_ name: StaticString, _ value: inout String, bytes count: Int) throws(WireError) {
        self.reserve(count)
        var index = self.position
        for octet in Self.prefix(of: value, bytes: count - 1) {
            self.bytes[index] = octet
            index += 1
        }
        self.position += count
    }

    /// As many whole characters of `text` as fit into `count` bytes of UTF-8.
    private static func prefix(of text: String, bytes count: Int) -> [UInt8] {
        if text.utf8.count <= count { return Array(text.utf8) }
        var octets: [UInt8] = []
        for scalar in text.unicodeScalars {
            let next = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            guard octets.count + next.count <= count else { break }
            octets += next
        }
        return octets
    }

    mutating func rest(_ name: StaticString, _ value: inout [UInt8]) throws(WireError) {
        self.append(value)
    }

    /// Bytes as they are.
    mutating func append(_ value: [UInt8]) {
        guard !value.isEmpty else { return }
        self.reserve(value.count)
        let position = self.position
        self.bytes.withUnsafeMutableBytes { target in
            value.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: $0) }
        }
        self.position += value.count
    }

    mutating func code<T: RawRepresentable & CaseIterable>(
        _ name: StaticString, _ value: inout T, absent: OpenFlowError.Code
    ) throws(WireError) where T.RawValue: WireInteger {
        var raw = value.rawValue
        try raw.visit(name, by: &self)
    }

    mutating func begin(_ context: WireContext) -> WireFrame {
        WireFrame(start: self.position, outerEnd: 0, outerContext: context)
    }

    mutating func length(_ frame: inout WireFrame, excluding: Int = 0) throws(WireError) {
        frame.lengthPosition = self.position
        frame.lengthExtra = -excluding
        self.store(UInt16(0))
    }

    mutating func announce() throws(WireError) -> WireFrame {
        var frame = self.begin(.message)
        try self.length(&frame)
        return frame
    }

    mutating func open(_ announced: WireFrame, _ context: WireContext) throws(WireError) -> WireFrame {
        var frame = self.begin(context)
        frame.lengthPosition = announced.lengthPosition
        return frame
    }

    mutating func end(_ frame: WireFrame, padding: WirePadding = .none) throws(WireError) {
        var length = self.position - frame.start
        let padded = (length + 7) / 8 * 8
        switch padding {
        case .none: break
        case .counted:
            try self.reserved(padded - length)
            length = padded
        case .uncounted: try self.reserved(padded - length)
        }
        length += frame.lengthExtra
        guard let short = UInt16(exactly: length) else { throw .inexpressible(.tooLong(length)) }
        if frame.lengthPosition >= 0 { self.patch(short, at: frame.lengthPosition) }
    }

    mutating func list<T: WireStructure>(_ name: StaticString, _ value: inout [T]) throws(WireError) {
        for var element in value { try element.describe(to: &self) }
    }

    mutating func properties(
        present: [UInt16], others: inout [Property],
        known: (inout Self, UInt16) throws(WireError) -> Bool
    ) throws(WireError) {
        for type in present {
            var frame = self.begin(.property)
            try self.constant("type", type)
            try self.length(&frame)
            _ = try known(&self, type)
            try self.end(frame, padding: .uncounted)
        }
        for property in others {
            var frame = self.begin(.property)
            try self.constant("type", property.type)
            try self.length(&frame)
            self.append(property.body)
            try self.end(frame, padding: .uncounted)
        }
    }
}
