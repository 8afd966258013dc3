import OpenFlow

/// One execution for libFuzzer: reads a message in the version of its first byte; what is read must be written and read
/// again to the same bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: data, count: min(count, 65535)))
    guard bytes.count >= 8, let version = OpenFlowVersion(rawValue: bytes[0]) else { return 0 }
    bytes[2] = UInt8(bytes.count >> 8)
    bytes[3] = UInt8(bytes.count & 0xff)
    let transaction = TransactionID(rawValue: 1)
    let decoded = try? MessageCodec.decode(bytes, version: version).message
    // As a connection reads it, which knows a quicker way for some, and remembers instructions the second time.
    let cache = DecodingCache()
    for _ in 0..<3 {
        let quick = try? bytes.withUnsafeBytes { bytes throws(OpenFlowError) in
            try MessageCodec.decode(bytes, version: version, options: [], cache: cache)
        }
        if quick != decoded { fatalError("a connection reads another message: \(String(describing: quick))") }
    }
    guard let message = decoded,
        let written = try? MessageCodec.encode(message, version: version, transactionID: transaction),
        // A long multipart reply becomes several messages.
        written.count >= 4, Int(written[2]) << 8 | Int(written[3]) == written.count
    else { return 0 }
    guard let again = try? MessageCodec.decode(written, version: version).message,
        let twice = try? MessageCodec.encode(again, version: version, transactionID: transaction), twice == written
    else { fatalError("what was written is not read again: \(message)") }
    return 0
}
