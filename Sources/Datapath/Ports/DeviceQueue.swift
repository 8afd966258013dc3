/// A queue of a device: a class of its token bucket hierarchy (tc-htb(8)).
package struct DeviceQueue: Sendable, Hashable {
    /// The greatest number: class numbers are 16 bits, and the last is the root's.
    package static let greatestNumber: UInt32 = 0xfffc

    /// Its number; packets without a queue take number 0.
    package var number: UInt32
    /// What it gets at least, in bits a second.
    package var minimumRate: UInt64
    /// What it gets at most, in bits a second.
    package var maximumRate: UInt64

    /// Makes a queue.
    package init(number: UInt32, minimumRate: UInt64, maximumRate: UInt64) {
        self.number = number
        self.minimumRate = minimumRate
        self.maximumRate = maximumRate
    }
}

/// What a queue has sent.
package struct DeviceQueueCounters: Sendable, Hashable {
    /// Bytes sent.
    package var bytes: UInt64 = 0
    /// Packets sent.
    package var packets: UInt64 = 0
    /// Packets dropped because the queue was full.
    package var dropped: UInt64 = 0
    /// None.
    package init() {}
}

/// The messages that set a device's queues and ask for their counters (rtnetlink(7), `<linux/pkt_sched.h>`); no I/O.
package enum QueueMessages {
    static let newDiscipline: UInt16 = 36
    static let deleteDiscipline: UInt16 = 37
    static let newClass: UInt16 = 40
    static let getClass: UInt16 = 42
    private static let root: UInt32 = 0xffff_ffff
    private static let discipline: UInt32 = 0x1_0000
    /// The class of which all queues are children, so that they borrow from each other.
    private static let rootClass: UInt32 = 0x1_fffe

    /// The requests that give a device those queues, in order; the first takes away what was there and may fail.
    package static func set(_ queues: [DeviceQueue], interface: UInt32, deviceRate: UInt64) -> [[UInt8]] {
        var queues = queues
        let total = max(deviceRate, queues.map(\.maximumRate).max() ?? 0)
        if !queues.contains(where: { $0.number == 0 }) {
            queues.append(DeviceQueue(number: 0, minimumRate: 0, maximumRate: total))
        }
        var messages = [Self.remove(interface: interface)]
        var request = Request(Self.newDiscipline, flags: 0x0505, interface, handle: Self.discipline, parent: Self.root)
        request.text(1, "htb")
        request.nested(2) { options in
            // struct tc_htb_glob: version, rate to quantum, default class, debug, direct packets.
            options.attribute(2, words: [3, 10, 1, 0, 0])
        }
        messages.append(request.bytes)
        messages.append(
            Self.addClass(interface, Self.rootClass, parent: Self.discipline, minimum: total, maximum: total))
        for queue in queues.sorted(by: { $0.number < $1.number }) {
            messages.append(
                Self.addClass(
                    interface, Self.discipline | queue.number + 1, parent: Self.rootClass, minimum: queue.minimumRate,
                    maximum: max(queue.maximumRate, queue.minimumRate)))
        }
        return messages
    }

    /// The request that takes a device's queues away.
    package static func remove(interface: UInt32) -> [UInt8] {
        Request(Self.deleteDiscipline, flags: 0x5, interface, handle: 0, parent: Self.root).bytes
    }

    /// The request for the counters of a device's queues.
    package static func counters(interface: UInt32) -> [UInt8] {
        Request(Self.getClass, flags: 0x301, interface, handle: 0, parent: 0).bytes
    }

    private static func addClass(
        _ interface: UInt32, _ handle: UInt32, parent: UInt32, minimum: UInt64, maximum: UInt64
    ) -> [UInt8] {
        // In bytes a second; a rate of nothing is not to be had, so that a frame a second is the least.
        let rate = max(minimum / 8, 1_500)
        let ceiling = max(maximum / 8, rate)
        var request = Request(Self.newClass, flags: 0x0505, interface, handle: handle, parent: parent)
        request.text(1, "htb")
        request.nested(2) { options in
            // struct tc_htb_opt: rate, ceiling, two bursts as times, quantum, level, priority.
            var words = Self.rateSpecification(rate) + Self.rateSpecification(ceiling)
            words += [Self.burst(rate), Self.burst(ceiling), UInt32(min(max(rate / 10, 1_500), 60_000)), 0, 0]
            options.attribute(1, words: words)
            if rate > UInt64(UInt32.max) {
                options.attribute(6, words: [UInt32(truncatingIfNeeded: rate), UInt32(rate >> 32)])
            }
            if ceiling > UInt64(UInt32.max) {
                options.attribute(7, words: [UInt32(truncatingIfNeeded: ceiling), UInt32(ceiling >> 32)])
            }
        }
        return request.bytes
    }

    /// `struct tc_ratespec`: Ethernet as link layer, so that no rate table is needed.
    private static func rateSpecification(_ rate: UInt64) -> [UInt32] {
        [0x0000_0100, 0, UInt32(clamping: rate)]
    }

    /// How long a burst of a hundredth of a second, or of a few frames, takes at that rate, in ticks of 64 ns.
    private static func burst(_ rate: UInt64) -> UInt32 {
        let bytes = max(rate / 100, 4_500)
        let nanoseconds = Double(bytes) * 1e9 / Double(rate)
        return UInt32(min(nanoseconds / 64, 4e9))
    }

    /// Adds what a datagram says of classes to `counters`; true at the end of the dump.
    ///
    /// Throws what the kernel refuses.
    package static func parse(
        _ datagram: RawSpan, into counters: inout [UInt32: DeviceQueueCounters]
    ) throws(NetlinkError) -> Bool {
        var messages = NetlinkMessages(datagram)
        while messages.advance() {
            let message = messages.message
            switch message.type {
            case Netlink.typeDone: return true
            case Netlink.typeError:
                if let error = message.outcome { throw error }
                return true
            case Self.newClass where message.bytes.byteCount >= 36:
                let handle = message.bytes.host32(24)
                let minor = handle & 0xffff
                guard handle >> 16 == 1, minor > 0, handle != Self.rootClass else { continue }
                counters[minor - 1] = Self.statistics(message.bytes.extracting(36..<message.bytes.byteCount))
            default: continue
            }
        }
        return false
    }

    private static func statistics(_ attributes: RawSpan) -> DeviceQueueCounters {
        var result = DeviceQueueCounters()
        var reader = NetlinkReader(attributes)
        while reader.advance() {
            guard reader.type == 7 else { continue }
            var nested = reader.nested
            while nested.advance() {
                let payload = nested.payload
                switch nested.type {
                case 1 where payload.byteCount >= 12:
                    result.bytes = payload.host64(0)
                    result.packets = max(result.packets, UInt64(payload.host32(8)))
                case 3 where payload.byteCount >= 12: result.dropped = UInt64(payload.host32(8))
                case 8 where payload.byteCount >= 8: result.packets = payload.host64(0)
                default: break
                }
            }
        }
        return result
    }

    /// One request: `struct nlmsghdr`, `struct tcmsg`, attributes; host byte order.
    private struct Request {
        private var content: [UInt8] = []

        init(_ type: UInt16, flags: UInt16, _ interface: UInt32, handle: UInt32, parent: UInt32) {
            self.add([0, UInt32(type) | UInt32(flags) << 16, 1, 0])
            self.add([0, interface, handle, parent, 0])
        }

        /// The bytes of attributes alone.
        private init() {}

        var bytes: [UInt8] {
            var result = self.content
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: result.count)) { result.replaceSubrange(0..<4, with: $0) }
            return result
        }

        private mutating func add(_ words: [UInt32]) {
            for word in words { withUnsafeBytes(of: word) { self.content += $0 } }
        }

        private mutating func attribute(_ type: UInt16, bytes: [UInt8]) {
            withUnsafeBytes(of: UInt16(truncatingIfNeeded: bytes.count + 4)) { self.content += $0 }
            withUnsafeBytes(of: type) { self.content += $0 }
            self.content += bytes
            while self.content.count % 4 != 0 { self.content.append(0) }
        }

        mutating func attribute(_ type: UInt16, words: [UInt32]) {
            var inner = Request()
            inner.add(words)
            self.attribute(type, bytes: inner.content)
        }

        mutating func text(_ type: UInt16, _ text: String) { self.attribute(type, bytes: Array(text.utf8) + [0]) }

        mutating func nested(_ type: UInt16, _ fill: (inout Request) -> Void) {
            var inner = Request()
            fill(&inner)
            self.attribute(type, bytes: inner.content)
        }
    }
}
