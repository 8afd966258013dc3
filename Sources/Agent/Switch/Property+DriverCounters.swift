import Datapath
import OpenFlow

extension Property {
    /// A driver's counters as a property of port statistics (1.4 and later), in the form of Intel's extension of Open
    /// vSwitch, which ovs-ofctl prints; nil without counters.
    ///
    /// Behind experimenter (0xaa01) and its type (2): two bytes of padding, how many counters, and for each the length
    /// of its name, the name, and its value in eight bytes, not aligned. What does not go into half of a message is
    /// left out.
    static func driverCounters(_ counters: [DeviceCounter]) -> Property? {
        var body: [UInt8] = []
        var count: UInt16 = 0
        for counter in counters {
            let name = counter.name.utf8.prefix(255)
            guard body.count + name.count + 9 <= Self.driverCounterBytesMaximum else { break }
            body.append(UInt8(name.count))
            body += name
            for shift in stride(from: 56, through: 0, by: -8) {
                body.append(UInt8(truncatingIfNeeded: counter.value >> UInt64(shift)))
            }
            count += 1
        }
        guard count > 0 else { return nil }
        let head: [UInt8] = [0, 0, 0xaa, 1, 0, 0, 0, 2, 0, 0, UInt8(count >> 8), UInt8(count & 0xff)]
        return Property(type: 0xffff, body: head + body)
    }

    private static var driverCounterBytesMaximum: Int { 32_768 }
}
