// Ports as ovs-ofctl prints them.

extension PortConfiguration {
    private static let printedWords: [(PortConfiguration, String)] = [
        (.portDown, "PORT_DOWN"), (.noSpanningTree, "NO_STP"), (.noReceive, "NO_RECV"),
        (.noReceiveSpanningTree, "NO_RECV_STP"), (.noFlood, "NO_FLOOD"), (.noForward, "NO_FWD"),
        (.noPacketIn, "NO_PACKET_IN"),
    ]
    /// The bits by name, the unknown ones as a number; `0` where there is none.
    var text: String { bitText(self, Self.printedWords) }
}

extension PortState {
    private static let printedWords: [(PortState, String)] = [
        (.linkDown, "LINK_DOWN"), (.blocked, "BLOCKED"), (.live, "LIVE"),
    ]
    /// The bits by name, with the spanning tree state of 1.0.
    var text: String {
        let tree = ["", "STP_LEARN", "STP_FORWARD", "STP_BLOCK"][Int(self.rawValue >> 8 & 3)]
        let others = PortState(rawValue: self.rawValue & ~0x300)
        guard !tree.isEmpty else { return bitText(others, Self.printedWords) }
        return others.isEmpty ? tree : "\(bitText(others, Self.printedWords)) \(tree)"
    }
}

extension PortFeatures {
    private static let printedWords: [(PortFeatures, String)] = [
        (.half10Mb, "10MB-HD"), (.full10Mb, "10MB-FD"), (.half100Mb, "100MB-HD"), (.full100Mb, "100MB-FD"),
        (.half1Gb, "1GB-HD"), (.full1Gb, "1GB-FD"), (.full10Gb, "10GB-FD"), (.full40Gb, "40GB-FD"),
        (.full100Gb, "100GB-FD"), (.full1Tb, "1TB-FD"), (.otherRate, "OTHER"), (.copper, "COPPER"), (.fiber, "FIBER"),
        (.autonegotiation, "AUTO_NEG"), (.pause, "AUTO_PAUSE"), (.asymmetricPause, "AUTO_PAUSE_ASYM"),
    ]
    /// The bits by name.
    var text: String { bitText(self, Self.printedWords) }

    /// The greatest rate among them in Mb/s; 0 where none is named.
    var megabits: UInt32 {
        let rates: [(PortFeatures, UInt32)] = [
            (.full1Tb, 1_000_000), (.full100Gb, 100_000), (.full40Gb, 40_000), (.full10Gb, 10_000), (.full1Gb, 1_000),
            (.half1Gb, 1_000), (.full100Mb, 100), (.half100Mb, 100), (.full10Mb, 10), (.half10Mb, 10),
        ]
        return rates.first { self.contains($0.0) }?.1 ?? 0
    }
}

/// Bits by name, what has no name as a number; `0` where none is set.
private func bitText<Bits: OptionSet>(_ bits: Bits, _ words: [(Bits, String)]) -> String
where Bits.RawValue == UInt32, Bits.Element == Bits {
    var (names, rest) = ([String](), bits.rawValue)
    for (bit, name) in words where bits.contains(bit) {
        names.append(name)
        rest &= ~bit.rawValue
    }
    if rest != 0 { names.append(TextPart.hexadecimal(rest)) }
    return names.isEmpty ? "0" : names.joined(separator: " ")
}

extension PortDescription {
    /// Ports in the order of their numbers, each on lines of its own.
    static func text(_ ports: [PortDescription], _ version: OpenFlowVersion) -> String {
        ports.sorted { $0.number.rawValue < $1.number.rawValue }.map { "\n " + $0.text(version) }.joined()
    }

    /// The port over several lines, as ovs-ofctl show prints it; the first has no indent.
    func text(_ version: OpenFlowVersion) -> String {
        var text = "\(self.number)(\(self.name)): addr:\(self.hardwareAddress)"
        text += "\n     config:     \(self.configuration.text)\n     state:      \(self.state.text)"
        let features = [
            ("current:    ", self.current), ("advertised: ", self.advertised), ("supported:  ", self.supported),
            ("peer:       ", self.peer),
        ]
        for (name, value) in features where !value.isEmpty { text += "\n     \(name)\(value.text)" }
        let isOld = version == .v1_0
        let now = isOld ? self.current.megabits : self.currentSpeedKilobits / 1000
        let most = isOld ? self.supported.megabits : self.maximumSpeedKilobits / 1000
        text += "\n     speed: \(now) Mbps now, \(most) Mbps max"
        for (name, part) in [
            ("optical", self.optical.map { StructureValue(reflecting: $0).text }),
            ("pipeline_input", self.pipelineInput.map { StructureValue(reflecting: $0).text }),
            ("pipeline_output", self.pipelineOutput.map { StructureValue(reflecting: $0).text }),
            ("recirculation", self.recirculation.map { StructureValue(reflecting: $0).text }),
            ("experimenter", self.properties.isEmpty ? nil : StructureValue(reflecting: self.properties).text),
        ] {
            if let part { text += "\n     \(name): \(part)" }
        }
        return text
    }
}

extension PortStatus {
    func text(_ version: OpenFlowVersion) -> String {
        let words: [PortStatusReason: String] = [.add: "ADD", .delete: "DEL", .modify: "MOD"]
        return "\(words[self.reason] ?? ""): \(self.port.text(version))"
    }
}

extension PortMod {
    var text: String {
        var text = "port: \(self.port): addr:\(self.hardwareAddress)\n     config: \(self.configuration.text)"
        text += "\n     mask:   \(self.mask.text)"
        text += "\n     advertise: \(self.advertise.isEmpty ? "UNCHANGED" : self.advertise.text)"
        if let optical { text += "\n     optical: \(StructureValue(reflecting: optical).text)" }
        if !self.properties.isEmpty {
            text += "\n     experimenter: \(StructureValue(reflecting: self.properties).text)"
        }
        return text
    }
}

extension PortStatistics {
    /// The counters as ovs-ofctl dump-ports prints them, those that are not kept as `?`.
    func text(_ version: OpenFlowVersion) -> String {
        let isNarrow = self.port.isOrdinary && self.port.rawValue < 10
        var text = "\n  port \(isNarrow ? " " : "")\(self.port): rx pkts=\(counterText(self.receivedPackets)), "
        text += "bytes=\(counterText(self.receivedBytes)), drop=\(counterText(self.receiveDrops)), "
        text += "errs=\(counterText(self.receiveErrors)), frame=\(counterText(self.receiveFrameErrors)), "
        text += "over=\(counterText(self.receiveOverrunErrors)), crc=\(counterText(self.receiveCRCErrors))"
        text += "\n           tx pkts=\(counterText(self.sentPackets)), bytes=\(counterText(self.sentBytes)), "
        text += "drop=\(counterText(self.sendDrops)), errs=\(counterText(self.sendErrors)), "
        text += "coll=\(counterText(self.collisions))"
        if version >= .v1_3 {
            let age = durationText(seconds: self.durationSeconds, nanoseconds: self.durationNanoseconds)
            text += "\n           duration=\(age)"
        }
        if let optical { text += "\n           optical: \(StructureValue(reflecting: optical).text)" }
        let custom = self.properties.compactMap(Self.customCounters)
        for counters in custom where !counters.isEmpty {
            text += "\n           CUSTOM Statistics"
            for start in stride(from: 0, to: counters.count, by: 3) {
                let line = counters[start..<min(start + 3, counters.count)]
                text += "\n                      " + line.map { "\($0.name)=\($0.count)," }.joined(separator: " ")
            }
        }
        let others = self.properties.filter { Self.customCounters($0) == nil && !Self.isUncounted($0) }
        if !others.isEmpty {
            text += "\n           experimenter: \(StructureValue(reflecting: others).text)"
        }
        return text
    }

    /// The counters with names of their own that Open vSwitch sends as a property of Intel's (0xaa01, type 2).
    ///
    /// Two bytes of padding, how many, then for each the length of its name, the name and 64 bits. Nil for another
    /// property, or one that is not made so.
    private static func customCounters(_ property: Property) -> [(name: String, count: UInt64)]? {
        let body = property.body
        guard body.starts(with: [0, 0, 0xaa, 1, 0, 0, 0, 2]), body.count >= 12 else { return nil }
        var counters: [(name: String, count: UInt64)] = []
        var position = 12
        for _ in 0..<(Int(body[10]) << 8 | Int(body[11])) {
            guard position < body.count else { return nil }
            let length = Int(body[position])
            guard position + 1 + length + 8 <= body.count else { return nil }
            let name = String(decoding: body[position + 1..<position + 1 + length], as: UTF8.self)
            let count = body[position + 1 + length..<position + 9 + length].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            counters.append((name, count))
            position += 9 + length
        }
        return counters
    }

    /// Whether it is Intel's counters of RFC 2819 (type 1), none of which is kept.
    private static func isUncounted(_ property: Property) -> Bool {
        property.body.starts(with: [0, 0, 0xaa, 1, 0, 0, 0, 1]) && property.body.dropFirst(12).allSatisfy { $0 == 0xff }
    }
}

/// A counter; `?` where all ones say that it is not kept.
func counterText(_ count: UInt64) -> String { count == .max ? "?" : "\(count)" }
