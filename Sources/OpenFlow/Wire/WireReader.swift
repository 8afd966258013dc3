/// Reads structures from the bytes of one message.
///
/// Every access is checked against the end of the innermost part whose length is known; nothing is
/// allocated for reading itself.
struct WireReader: WireVisitor, ~Escapable {
    private let bytes: RawSpan
    let version: OpenFlowVersion
    let hasFlowModTableID: Bool
    private var position: Int
    private var end: Int
    /// Whether this is a message within another.
    private(set) var isContained = false
    private(set) var context: WireContext = .message

    /// Reads `bytes`, the whole message, from `start` on; offsets in errors count from the message's first
    /// byte.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, from start: Int, version: OpenFlowVersion, hasFlowModTableID: Bool = false) {
        self.bytes = bytes
        self.version = version
        self.hasFlowModTableID = hasFlowModTableID
        self.position = min(start, bytes.byteCount)
        self.end = bytes.byteCount
    }

    var isReading: Bool { true }
    var matchHadNoWildcards = false
    /// How many actions contain what is being read.
    var actionDepth = 0
    var transportProtocol: UInt8? { nil }
    var offset: Int { self.position }
    var remaining: Int { self.end - self.position }

    /// What to answer where the innermost part is too short for what it should hold.
    func tooShort(_ field: StaticString? = nil) -> WireError {
        .refused(self.located(OpenFlowError(self.context.lengthError, offset: self.position, field: field)))
    }

    /// The error with the part of the message that is being read.
    private func located(_ error: OpenFlowError) -> OpenFlowError {
        var error = error
        error.context = self.context
        return error
    }

    @inline(__always)
    private mutating func load<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type, _ name: StaticString? = nil
    ) throws(WireError) -> T {
        let next = self.position + MemoryLayout<T>.size
        guard next <= self.end else { throw self.tooShort(name) }
        // Any bit pattern is an integer, so that the load is safe; the span checks its bounds again.
        let value = self.bytes.unsafeLoadUnaligned(fromByteOffset: self.position, as: T.self)
        self.position = next
        return T(bigEndian: value)
    }

    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt8) throws(WireError) {
        value = try self.load(UInt8.self, name)
    }
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt16) throws(WireError) {
        value = try self.load(UInt16.self, name)
    }
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt32) throws(WireError) {
        value = try self.load(UInt32.self, name)
    }
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: inout UInt64) throws(WireError) {
        value = try self.load(UInt64.self, name)
    }

    /// The transaction in the header.
    var transactionID: TransactionID { TransactionID(rawValue: self.word(at: 4) ?? 0) }

    /// The next 32 bits, without passing over them; nil where there are fewer in the innermost part.
    var nextWord: UInt32? { self.remaining >= 4 ? self.word(at: self.position) : nil }

    /// The next two words of 32 bits; nil where there are fewer in the innermost part.
    var nextWords: (UInt32, UInt32)? {
        guard self.remaining >= 8, let first = self.word(at: self.position),
            let second = self.word(at: self.position + 4)
        else { return nil }
        return (first, second)
    }

    private func word(at position: Int) -> UInt32? {
        guard position + 4 <= self.bytes.byteCount else { return nil }
        return UInt32(bigEndian: self.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    /// The header of a message that comes next; its length may be any.
    var nextHeader: MessageHeader? {
        guard self.remaining >= MessageHeader.byteCount, let first = self.word(at: self.position),
            let transaction = self.word(at: self.position + 4)
        else { return nil }
        return MessageHeader(
            version: UInt8(truncatingIfNeeded: first >> 24), type: UInt8(truncatingIfNeeded: first >> 16),
            length: UInt16(truncatingIfNeeded: first), transactionID: TransactionID(rawValue: transaction))
    }

    /// A message of the length given that comes next, at most ``remaining``, header included.
    mutating func contained(_ type: MessageType, byteCount: Int) throws(WireError) -> Message {
        let start = self.position
        var inner = WireReader(
            self.bytes.extracting(start..<start + byteCount), from: MessageHeader.byteCount, version: self.version)
        inner.isContained = true
        do throws(WireError) {
            let message = try Message.read(type, from: &inner)
            guard inner.remaining == 0 else { throw inner.tooShort() }
            self.position = start + byteCount
            return message
        } catch {
            guard case .refused(var refusal) = error else { throw error }
            refusal.offset = refusal.offset.map { $0 &+ UInt32(clamping: start) }
            refusal.message = type
            throw .refused(refusal)
        }
    }

    /// Whether a match of type 1 comes next.
    var nextIsExtensibleMatch: Bool {
        guard self.remaining >= 2 else { return false }
        return UInt16(
            bigEndian: self.bytes.unsafeLoadUnaligned(fromByteOffset: self.position, as: UInt16.self)) == 1
    }

    /// A number of `count` bytes, 0…16.
    mutating func integer(bytes count: Int) throws(WireError) -> UInt128 {
        switch count {
        case 1: return UInt128(try self.load(UInt8.self))
        case 2: return UInt128(try self.load(UInt16.self))
        case 4: return UInt128(try self.load(UInt32.self))
        case 6:
            let high = UInt64(try self.load(UInt16.self))
            return UInt128(high << 32 | UInt64(try self.load(UInt32.self)))
        case 8: return UInt128(try self.load(UInt64.self))
        case 16:
            let high = UInt128(try self.load(UInt64.self))
            return high << 64 | UInt128(try self.load(UInt64.self))
        default:
            var value: UInt128 = 0
            for _ in 0..<count { value = value << 8 | UInt128(try self.load(UInt8.self)) }
            return value
        }
    }

    @inline(__always)
    mutating func reserved(_ count: Int) throws(WireError) {
        guard count <= self.remaining else { throw self.tooShort() }
        self.position += count
    }

    /// Whether the next `count` bytes, which are passed over, are all zero.
    mutating func skipZeros(_ count: Int) throws(WireError) -> Bool {
        var isZero = true
        for _ in 0..<count where try self.load(UInt8.self) != 0 { isZero = false }
        return isZero
    }

    mutating func text(_ name: StaticString, _ value: inout String, bytes count: Int) throws(WireError) {
        guard count <= self.remaining else { throw self.tooShort() }
        var octets: [UInt8] = []
        for index in self.position..<self.position + count {
            let octet = self.bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if octet == 0 { break }
            octets.append(octet)
        }
        value = String(decoding: octets, as: UTF8.self)
        self.position += count
    }

    mutating func rest(_ name: StaticString, _ value: inout [UInt8]) throws(WireError) {
        value = self.take(self.remaining)
    }

    /// The next `count` bytes.
    mutating func octets(_ count: Int) throws(WireError) -> [UInt8] {
        guard count <= self.remaining else { throw self.tooShort() }
        return self.take(count)
    }

    /// The next `count` bytes, of which there must be so many.
    private mutating func take(_ count: Int) -> [UInt8] {
        let start = self.position
        self.position += count
        guard count > 0 else { return [] }
        return self.bytes.extracting(start..<start + count).withUnsafeBytes { Array($0) }
    }

    mutating func code<T: RawRepresentable & CaseIterable>(
        _ name: StaticString, _ value: inout T, absent: OpenFlowError.Code
    ) throws(WireError) where T.RawValue: WireInteger {
        var raw: T.RawValue = 0
        let offset = self.position
        try raw.visit(name, by: &self)
        guard let known = T(rawValue: raw) else {
            throw .refused(self.located(OpenFlowError(absent, offset: offset, value: UInt64(raw), field: name)))
        }
        value = known
    }

    @inline(__always)
    mutating func begin(_ context: WireContext) -> WireFrame {
        let frame = WireFrame(start: self.position, outerEnd: self.end, outerContext: self.context)
        self.context = context
        return frame
    }

    @inline(__always)
    mutating func length(_ frame: inout WireFrame, excluding: Int = 0) throws(WireError) {
        let offset = self.position
        let length = Int(try self.load(UInt16.self)) + excluding
        guard frame.start + length >= self.position, frame.start + length <= self.end else {
            throw .refused(
                self.located(
                    OpenFlowError(
                        self.context.lengthError, offset: offset, value: UInt64(length),
                        limit: UInt64(self.end - frame.start), field: "length")))
        }
        self.end = frame.start + length
    }

    mutating func announce() throws(WireError) -> WireFrame {
        var frame = WireFrame(start: self.position, outerEnd: self.end, outerContext: self.context)
        frame.announced = Int(try self.load(UInt16.self))
        return frame
    }

    mutating func open(_ announced: WireFrame, _ context: WireContext) throws(WireError) -> WireFrame {
        let frame = self.begin(context)
        guard announced.announced <= self.remaining else {
            throw .refused(
                OpenFlowError(
                    frame.outerContext.lengthError, offset: announced.start, value: UInt64(announced.announced),
                    limit: UInt64(self.remaining), field: "length"))
        }
        self.end = self.position + announced.announced
        return frame
    }

    @inline(__always)
    mutating func end(_ frame: WireFrame, padding: WirePadding = .none) throws(WireError) {
        switch padding {
        case .none, .uncounted: break
        case .counted: self.position = max(self.position, min(self.end, self.aligned(from: frame.start)))
        }
        guard self.position == self.end else { throw self.tooShort() }
        self.end = frame.outerEnd
        if case .uncounted = padding { try self.reserved(self.aligned(from: frame.start) - self.position) }
        self.context = frame.outerContext
    }

    /// The next position that is a multiple of eight away from `start`.
    private func aligned(from start: Int) -> Int { start + (self.position - start + 7) / 8 * 8 }

    mutating func list<T: WireStructure>(_ name: StaticString, _ value: inout [T]) throws(WireError) {
        value = []
        while self.remaining > 0 {
            let before = self.position
            var element = T()
            try element.describe(to: &self)
            guard self.position > before else { throw self.tooShort() }
            value.append(element)
        }
    }

    mutating func properties(
        present: [UInt16], others: inout [Property],
        known: (inout Self, UInt16) throws(WireError) -> Bool
    ) throws(WireError) {
        others = []
        var seen: UInt64 = 0
        while self.remaining > 0 {
            var frame = self.begin(.property)
            var type: UInt16 = 0
            try self.field("type", &type)
            try self.length(&frame)
            // Only experimenters may have several properties in one list.
            let bit: UInt64 = type < 64 ? 1 << UInt64(type) : 0
            guard seen & bit == 0 else { throw self.refusal(.propertyDuplicateType, value: UInt64(type)) }
            seen |= bit
            if try !known(&self, type) {
                guard others.count < Property.countMaximum else {
                    throw self.refusal(.propertyTooMany, limit: UInt64(Property.countMaximum))
                }
                others.append(Property(type: type, body: self.take(self.remaining)))
            }
            try self.end(frame, padding: .uncounted)
        }
    }
}
