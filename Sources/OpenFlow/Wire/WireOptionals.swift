/// Values of properties, which are there or not.
extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// A number that is there.
    mutating func optional<T: WireScalar>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        var present = value ?? T(rawValue: 0)
        try self.field(name, &present)
        value = present
    }
    /// A number that is there.
    mutating func optional<T: WireInteger>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        var present = value ?? 0
        try present.visit(name, by: &self)
        value = present
    }
    /// Bytes that are there.
    mutating func optional(_ name: StaticString, _ value: inout [UInt8]?) throws(WireError) {
        var present = value ?? []
        try self.rest(name, &present)
        value = present
    }
    /// A list that is there.
    mutating func optional<T: WireStructure>(_ name: StaticString, _ value: inout [T]?) throws(WireError) {
        var present = value ?? []
        try self.list(name, &present)
        value = present
    }
    /// A number of 16 bits that is there, with its padding, which counts.
    mutating func optionalPadded(_ name: StaticString, _ value: inout UInt16?) throws(WireError) {
        try self.optional(name, &value)
        try self.reserved(2)
    }
}
