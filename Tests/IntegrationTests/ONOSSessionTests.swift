import Support
import Testing

/// A controller that behaves as ONOS does, and hangs up at what ONOS would not stand.
@Suite("A session with ONOS, from a script", .enabled(if: !UserModeLinux.isGuest, "one datapath is enough"))
struct ONOSSessionTests {
    /// A flow of ONOS's packet service: frames of a type to the controller.
    private struct PacketFlow {
        var etherType: UInt16
        var priority: UInt16
        var cookie: UInt64
    }

    private static let flows = [
        PacketFlow(etherType: 0x0806, priority: 40_000, cookie: 0x0001_0000_94d8_c6e9),
        PacketFlow(etherType: 0x88cc, priority: 40_000, cookie: 0x0001_0000_947d_9be4),
        PacketFlow(etherType: 0x8942, priority: 40_000, cookie: 0x0001_0000_ea6f_4b8e),
        PacketFlow(etherType: 0x0800, priority: 5, cookie: 0x0001_0000_d5f0_3f32),
    ]

    /// The match on one Ethernet type.
    private static func match(_ version: UInt8, _ etherType: UInt16) -> [UInt8] {
        guard version > 1 else {
            // Everything wild but dl_type, the addresses' wildcards in their normal form.
            return octets(UInt32(0x0038_20ef)) + [UInt8](repeating: 0, count: 18) + octets(etherType)
                + [UInt8](repeating: 0, count: 16)
        }
        // OFPMT_OXM of ten octets, padded to sixteen.
        return octets(UInt16(1)) + octets(UInt16(10)) + octets(UInt32(0x8000_0a02)) + octets(etherType)
            + [UInt8](repeating: 0, count: 6)
    }

    /// Output to the controller, whole; from 1.3 on in APPLY_ACTIONS, with CLEAR_ACTIONS after it.
    private static func instructions(_ version: UInt8) -> [UInt8] {
        guard version > 1 else {
            return octets(UInt16(0)) + octets(UInt16(8)) + octets(UInt16(0xfffd)) + octets(UInt16(0xffff))
        }
        let output =
            octets(UInt16(0)) + octets(UInt16(16)) + octets(UInt32(0xffff_fffd)) + octets(UInt16(0xffff))
            + [UInt8](repeating: 0, count: 6)
        return octets(UInt16(4)) + octets(UInt16(24)) + octets(UInt32(0)) + output
            + octets(UInt16(5)) + octets(UInt16(8)) + octets(UInt32(0))
    }

    /// FLOW_MOD; `command` 0 adds, 4 deletes strictly.
    private static func flowMod(_ version: UInt8, _ flow: PacketFlow, command: UInt8) -> [UInt8] {
        let match = Self.match(version, flow.etherType)
        let instructions = command == 0 ? Self.instructions(version) : []
        if version == 1 {
            return match + octets(flow.cookie) + octets(UInt16(command)) + octets(UInt32(0)) + octets(flow.priority)
                + octets(UInt32.max) + octets(UInt16(0xffff)) + octets(UInt16(1)) + instructions
        }
        return octets(flow.cookie) + octets(UInt64(0)) + [0, command] + octets(UInt32(0)) + octets(flow.priority)
            + octets(UInt32.max) + octets(UInt32.max) + octets(UInt32.max) + octets(UInt16(1)) + [0, 0] + match
            + instructions
    }

    /// Whether one of `entries` (flow statistics, or from 1.5 on flow descriptions) is the flow exactly as it was sent.
    private static func lists(_ entries: [[UInt8]], _ flow: PacketFlow, _ version: UInt8) -> Bool {
        let match = Self.match(version, flow.etherType)
        let instructions = Self.instructions(version)
        return entries.contains { entry in
            guard entry.suffix(instructions.count) == instructions[...] else { return false }
            switch version {
            case 1:
                return entry.count == 88 + instructions.count && entry[4..<44] == match[...]
                    && entry[52..<54] == octets(flow.priority)[...] && entry[64..<72] == octets(flow.cookie)[...]
            case 6:
                return entry.count >= 24 + match.count && entry[24..<(24 + match.count)] == match[...]
                    && entry[6..<8] == octets(flow.priority)[...] && entry[12..<14] == [0, 1]
                    && entry[16..<24] == octets(flow.cookie)[...]
            default:
                return entry.count == 48 + match.count + instructions.count
                    && entry[48..<(48 + match.count)] == match[...]
                    && entry[12..<14] == octets(flow.priority)[...] && entry[18..<20] == [0, 1]
                    && entry[24..<32] == octets(flow.cookie)[...]
            }
        }
    }

    /// Entries that begin with their lengths.
    private static func split(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = Int(try #require(number(rest.prefix(2), as: UInt16.self)))
            try #require(length >= 8 && length <= rest.count, "an entry of \(length) octets in \(rest)")
            entries.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return entries
    }

    private static func packetOut(_ version: UInt8, port: UInt32, _ frame: [UInt8]) -> [UInt8] {
        if version == 1 {
            return octets(UInt32.max) + octets(UInt16(0xfffd)) + octets(UInt16(8)) + octets(UInt16(0))
                + octets(UInt16(8)) + octets(UInt16(truncatingIfNeeded: port)) + [0, 0] + frame
        }
        let action = octets(UInt16(0)) + octets(UInt16(16)) + octets(port) + [UInt8](repeating: 0, count: 8)
        guard version >= 6 else {
            return octets(UInt32.max) + octets(UInt32(0xffff_fffd)) + octets(UInt16(16))
                + [UInt8](repeating: 0, count: 6) + action + frame
        }
        let inPort =
            octets(UInt16(1)) + octets(UInt16(12)) + octets(UInt32(0x8000_0004)) + octets(UInt32(0xffff_fffd))
            + [0, 0, 0, 0]
        return octets(UInt32.max) + octets(UInt16(16)) + [0, 0] + inPort + action + frame
    }

    private static func frame(_ etherType: UInt16, from number: UInt8, _ payload: UInt8) -> [UInt8] {
        [0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, number] + octets(etherType)
            + [UInt8](repeating: payload, count: 46)
    }

    @Test(
        "goes through from HELLO to FLOW_REMOVED with no message out of place",
        arguments: [("OpenFlow10", 1), ("OpenFlow10,OpenFlow13", 4), ("OpenFlow14", 5), ("OpenFlow15", 6)])
    func session(protocols: String, version: UInt8) async throws {
        try await Lab.with(.embedded) { lab in
            let listener = try RawOpenFlowListener(port: 6633, in: lab.switchNamespace)
            _ = try lab.startSwitch("--controller", "tcp:127.0.0.1:6633", "--protocols", protocols)
            let onos = try ScriptedONOS(try listener.accept())
            #expect(onos.version == version, "the highest version that is allowed decides")
            let (features, description) = try onos.handshake()
            #expect(features.prefix(8) == octets(UInt64(0xa1))[...])
            #expect(description.count == 1056)
            if version >= 4 {
                for role: UInt32 in [1, 3, 2, 2] { try onos.takeRole(role) }
                #expect(try onos.portDescriptions(transactionID: 0).count > 0)
            } else {
                try onos.sendBatch([
                    (14, Self.flowMod(1, PacketFlow(etherType: 0x88b6, priority: 0, cookie: 1), command: 0))
                ])
            }
            try onos.sendBatch(Self.flows.map { (14, Self.flowMod(version, $0, command: 0)) })
            try Self.discover(onos, lab)
            try Self.poll(onos)
            try onos.client.send(.init(version, 2, 0x7001))
            #expect(try onos.expect(3, to: 0x7001).body.isEmpty)
            try onos.client.send(.init(version, 14, 0x7002, Self.flowMod(version, Self.flows[0], command: 4)))
            let removed = try onos.expect(11).body
            let cookie = version == 1 ? removed[40..<48] : version == 6 ? removed[8..<16] : removed[0..<8]
            #expect(cookie == octets(Self.flows[0].cookie)[...], "\(removed)")
        }
    }

    /// LLDP goes out at a port, and what comes in at another reaches the controller.
    private static func discover(_ onos: ScriptedONOS, _ lab: Lab) throws {
        let ear = try PacketSocket("eth0", in: lab.hosts[0].namespace)
        try onos.sendBatch([(13, Self.packetOut(onos.version, port: 1, Self.frame(0x88cc, from: 9, 0x5a)))])
        let heard = try ear.receive("the LLDP frame") { $0[12...13] == [0x88, 0xcc] }
        #expect(heard[14] == 0x5a)
        let frame = Self.frame(0x88cc, from: 2, 0x33)
        try PacketSocket("eth0", in: lab.hosts[1].namespace).send(frame)
        let packetIn = try onos.expect(10)
        #expect(packetIn.body.suffix(frame.count) == frame[...], "the packet comes whole")
    }

    /// What ONOS asks every few seconds; flows must be as they were sent.
    private static func poll(_ onos: ScriptedONOS) throws {
        let version = onos.version
        let anyPort =
            version == 1 ? octets(UInt16(0xffff)) + [UInt8](repeating: 0, count: 6) : octets(UInt32.max) + [0, 0, 0, 0]
        #expect(try onos.statistics(4, anyPort).count > 0)
        let all: [UInt8] =
            if version == 1 {
                octets(UInt32(0x003f_ffff)) + [UInt8](repeating: 0, count: 36) + [0xff, 0, 0xff, 0xff]
            } else {
                [0xff, 0, 0, 0] + octets(UInt32.max) + octets(UInt32.max) + [0, 0, 0, 0] + octets(UInt64(0))
                    + octets(UInt64(0)) + octets(UInt16(1)) + octets(UInt16(4)) + [0, 0, 0, 0]
            }
        let entries = try Self.split(try onos.statistics(1, all))
        for flow in Self.flows {
            #expect(Self.lists(entries, flow, version), "type \(flow.etherType) is not in \(entries)")
        }
        #expect(try onos.statistics(3).count > 0)
    }
}
