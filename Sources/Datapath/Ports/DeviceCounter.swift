import CLinux

/// A counter that a device's driver keeps beside the usual ones (ethtool(8), `ETHTOOL_GSTATS`).
package struct DeviceCounter: Sendable, Hashable {
    /// What the driver calls it: 1–32 bytes.
    package var name: String
    /// What it has counted.
    package var value: UInt64

    /// Makes a counter.
    package init(name: String, value: UInt64) {
        self.name = name
        self.value = value
    }

    /// How many counters of a device are read at most.
    package static let countMaximum = 512
    /// The length of a name in the kernel's table, bytes.
    private static let nameBytes = 32

    /// What the driver of a device has counted now; empty where it tells nothing, or more than 2048 counters.
    package static func counters(of device: String) -> [DeviceCounter] {
        guard NetworkInterface.isValidName(device) else { return [] }
        var names = [CChar](repeating: 0, count: Self.countMaximum * Self.nameBytes)
        var values = [UInt64](repeating: 0, count: Self.countMaximum)
        let count = clinux_interface_statistics(device, UInt32(Self.countMaximum), &names, &values)
        guard count > 0 else { return [] }
        return (0..<Int(count)).compactMap { index in
            let bytes = names[index * Self.nameBytes..<(index + 1) * Self.nameBytes].prefix { $0 != 0 }
            guard !bytes.isEmpty else { return nil }
            let name = String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return DeviceCounter(name: name, value: values[index])
        }
    }
}
