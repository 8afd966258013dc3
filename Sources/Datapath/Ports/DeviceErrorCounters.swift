import Glibc

/// What a device has counted of errors of its own (`/sys/class/net/NAME/statistics`, sysfs-class-net-statistics).
package struct DeviceErrorCounters: Sendable, Hashable {
    /// Frames that were not aligned.
    package var frame: UInt64
    /// Frames that the device had no room for.
    package var overrun: UInt64
    /// Frames with a wrong checksum.
    package var checksum: UInt64
    /// Collisions while sending.
    package var collisions: UInt64

    /// Makes counters.
    package init(frame: UInt64, overrun: UInt64, checksum: UInt64, collisions: UInt64) {
        self.frame = frame
        self.overrun = overrun
        self.checksum = checksum
        self.collisions = collisions
    }

    /// Reads a device's counters; nil where the host does not tell them.
    package init?(device name: String) {
        guard NetworkInterface.isValidName(name),
            let frame = Self.read("rx_frame_errors", of: name), let overrun = Self.read("rx_over_errors", of: name),
            let checksum = Self.read("rx_crc_errors", of: name), let collisions = Self.read("collisions", of: name)
        else { return nil }
        self.init(frame: frame, overrun: overrun, checksum: checksum, collisions: collisions)
    }

    private static func read(_ counter: String, of device: String) -> UInt64? {
        let number = open("/sys/class/net/\(device)/statistics/\(counter)", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        defer { close(number) }
        var buffer = [UInt8](repeating: 0, count: 24)
        let count = Glibc.read(number, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let digits = buffer.prefix(count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }
}
