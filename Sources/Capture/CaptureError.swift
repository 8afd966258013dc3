/// Why a capture file cannot be read, or not further.
package enum CaptureError: Error, Hashable, Sendable {
    /// The file is neither pcap nor pcapng.
    case notACapture
    /// The file ends within a header or a packet, at this byte.
    case truncated(offset: Int)
    /// A length at this byte cannot be.
    case badLength(offset: Int, length: Int)
    /// A packet names an interface that the file has not described.
    case unknownInterface(offset: Int, number: Int)
}

extension CaptureError: CustomStringConvertible {
    /// One line for people.
    package var description: String {
        switch self {
        case .notACapture: "neither a pcap nor a pcapng file"
        case .truncated(let offset): "the file ends within what begins at byte \(offset)"
        case .badLength(let offset, let length): "at byte \(offset): a length of \(length) cannot be"
        case .unknownInterface(let offset, let number): "at byte \(offset): interface \(number) is not described"
        }
    }
}
