import Capture
import Glibc
import OpenFlow

/// Writes decoded messages to standard output and remembers the exit status.
struct DecodePrinter {
    let isJSON: Bool
    let comparesRoundTrip: Bool
    /// 0; 1 once a message could not be decoded or differs; 2 once bytes are missing and nothing worse happened.
    private(set) var status: Int32 = 0
    private var output = ""

    init(isJSON: Bool, comparesRoundTrip: Bool) {
        self.isJSON = isJSON
        self.comparesRoundTrip = comparesRoundTrip
    }

    /// Shows a message.
    mutating func print(_ bytes: [UInt8], origin: [StructureValue.Member] = [], prefix: String = "") {
        guard let message = DecodedMessage(bytes) else { return self.warn("\(bytes.count) bytes are no message") }
        if case .failure = message.result { self.status = 1 }
        let difference = self.comparesRoundTrip ? self.difference(message) : nil
        if difference != nil { self.status = 1 }
        if self.isJSON {
            guard case .object(let members) = message.structure else { return }
            var all = origin + members
            if self.comparesRoundTrip, case .success = message.result {
                all.append(.init("roundtrip", difference.map { .text($0) } ?? .text("same")))
            }
            self.line(StructureValue.object(all).json)
        } else {
            self.line(prefix + message.text)
            if let difference { self.line(" roundtrip: \(difference)") }
        }
    }

    /// Shows what a capture holds.
    mutating func print(_ event: CapturedEvent) {
        let time = Self.time(event.nanoseconds)
        switch event.content {
        case .message(let bytes):
            let origin: [StructureValue.Member] = [
                .init("time", .text(time)), .init("source", .text(event.source.description)),
                .init("destination", .text(event.destination.description)),
            ]
            self.print(bytes, origin: origin, prefix: "\(time) \(event.source) > \(event.destination) ")
        case .stray(let count):
            self.warn("\(time) \(event.source) > \(event.destination): \(count) bytes are no whole message")
        case .gap(let count):
            self.warn("\(time) \(event.source) > \(event.destination): \(count) bytes are missing")
        }
    }

    /// Says on standard error what is wrong with the input.
    mutating func warn(_ text: String) {
        self.flush()
        if self.status == 0 { self.status = 2 }
        StandardError.write("sluice: \(text)")
    }

    /// How the message written again differs; nil if it does not.
    private func difference(_ message: DecodedMessage) -> String? {
        switch message.roundTrip() {
        case nil, .same: nil
        case .differs(let bytes, let offset):
            "differs from byte \(offset): "
                + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case .inexpressible(let what): "cannot be written: \(what)"
        }
    }

    /// Seconds since the start of 1970 with nine decimals.
    private static func time(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
    }

    private mutating func line(_ text: String) {
        self.output += text + "\n"
        if self.output.utf8.count > 1 << 16 { self.flush() }
    }

    /// Writes what is waiting; a reader that went away ends the program quietly.
    mutating func flush() {
        var bytes = Array(self.output.utf8)[...]
        self.output = ""
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
