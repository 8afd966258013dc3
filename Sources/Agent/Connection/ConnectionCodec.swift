import OpenFlow

/// What connections need of the protocol's codec.
enum ConnectionCodec {
    /// Decodes a message; `bytes` is the whole message with its header.
    @inline(__always)
    static func decode(
        _ header: MessageHeader, _ bytes: UnsafeRawBufferPointer, version: OpenFlowVersion, usesFlowModTableID: Bool
    ) throws(OpenFlowError) -> Message {
        throw OpenFlowError(.requestBadType)
    }

    /// Decodes a HELLO of any version byte; nil where its elements make no sense, which leaves its header to go by.
    static func decodeHello(_ bytes: UnsafeRawBufferPointer) -> Hello? {
        nil
    }

    /// Appends a message that every version can say.
    static func append(
        _ message: Message, version: OpenFlowVersion, transactionID: TransactionID, to bytes: inout [UInt8]
    ) {
    }
}
