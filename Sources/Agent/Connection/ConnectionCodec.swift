import OpenFlow

/// What the I/O side of a connection needs of the protocol's codec, over the bytes of a read buffer.
enum ConnectionCodec {
    /// Decodes a message; `bytes` is the whole message with its header.
    @inline(__always)
    static func decode(
        _ bytes: UnsafeRawBufferPointer, version: OpenFlowVersion, usesFlowModTableID: Bool,
        cache: @autoclosure () -> DecodingCache
    ) throws(OpenFlowError) -> Message {
        try MessageCodec.decode(
            bytes, version: version, options: usesFlowModTableID ? .flowModTableID : [], cache: cache())
    }

    /// Decodes a HELLO of any version byte; nil where its elements make no sense, which leaves its header to go by.
    ///
    /// A HELLO of a version newer than any we know is read as one of the newest that we know: elements are made
    /// to be skipped.
    static func decodeHello(_ bytes: UnsafeRawBufferPointer, headerVersion: UInt8) -> Hello? {
        let version = OpenFlowVersion(rawValue: headerVersion) ?? (headerVersion == 0 ? .v1_0 : .v1_5)
        do throws(OpenFlowError) {
            // The span lives no longer than this call, and the read buffer does.
            let message = try MessageCodec.decode(RawSpan(_unsafeBytes: bytes), version: version).message
            guard case .hello(let hello) = message else { return nil }
            return hello
        } catch {
            return nil
        }
    }

    /// Appends a message that every version can say.
    static func append(
        _ message: Message, version: OpenFlowVersion, transactionID: TransactionID, to bytes: inout [UInt8]
    ) {
        do throws(Inexpressible) {
            try MessageCodec.encode(message, version: version, transactionID: transactionID, into: &bytes)
        } catch {
            assertionFailure("\(version) cannot say \(message): \(error)")
        }
    }

    /// Appends the error that refuses `request`.
    static func appendError(
        _ code: OpenFlowError.Code, refusing request: UnsafeRawBufferPointer, version: OpenFlowVersion,
        transactionID: TransactionID, to bytes: inout [UInt8]
    ) {
        MessageCodec.encodeError(
            code, refusing: RawSpan(_unsafeBytes: request), version: version, transactionID: transactionID, into: &bytes
        )
    }
}
