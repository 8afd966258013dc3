/// The octets of a number in network byte order.
package func octets<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

/// The number whose octets, in network byte order, are `bytes`; nil where there are not so many.
package func number<Number: FixedWidthInteger>(_ bytes: some Collection<UInt8>, as _: Number.Type) -> Number? {
    guard bytes.count == Number.bitWidth / 8 else { return nil }
    return bytes.reduce(0) { $0 << 8 | Number($1) }
}
