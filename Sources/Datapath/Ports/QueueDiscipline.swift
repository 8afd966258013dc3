import Glibc

/// Sets and reads the queues of devices by rtnetlink; every call opens a socket of its own and waits for the kernel,
/// which answers at once.
///
/// `noSuchDevice`, `notPermitted`, `unsupported` (a kernel without the htb discipline), `system`.
package enum QueueDiscipline {
    /// Gives a device those queues and no others, beneath a root as fast as the device or as the fastest queue.
    package static func set(_ queues: [DeviceQueue], of device: String) throws(DatapathError) {
        let interface = try NetworkInterface(named: device)
        let speed = UInt64(interface.link?.speedMegabits ?? 0)
        let deviceRate = speed == 0 || speed == UInt64(UInt32.max) ? 10_000_000_000 : speed * 1_000_000
        let messages = QueueMessages.set(queues, interface: interface.index, deviceRate: deviceRate)
        let operation = "set the queues of \(device)"
        let socket = try Self.open(operation)
        for (index, message) in messages.enumerated() {
            do throws(NetlinkError) {
                _ = try Self.exchange(message, socket)
            } catch {
                // There was nothing to take away.
                if index == 0 { continue }
                let code: DatapathError.Code = error.errno == ENOENT ? .unsupported : .init(deviceErrno: error.errno)
                throw DatapathError(code, operation: operation, errno: error.errno, detail: error.message)
            }
        }
    }

    /// Takes a device's queues away; a device without any is left alone.
    package static func remove(of device: String) {
        guard let interface = try? NetworkInterface(named: device), let socket = try? Self.open("remove queues") else {
            return
        }
        _ = try? Self.exchange(QueueMessages.remove(interface: interface.index), socket)
    }

    /// What the queues of a device have sent, by queue number.
    package static func counters(of device: String) throws(DatapathError) -> [UInt32: DeviceQueueCounters] {
        let interface = try NetworkInterface(named: device)
        let operation = "read the queues of \(device)"
        let socket = try Self.open(operation)
        do throws(NetlinkError) {
            return try Self.exchange(QueueMessages.counters(interface: interface.index), socket)
        } catch {
            throw DatapathError(
                .init(deviceErrno: error.errno), operation: operation, errno: error.errno, detail: error.message)
        }
    }

    private static func open(_ operation: String) throws(DatapathError) -> FileDescriptor {
        // NETLINK_ROUTE is 0.
        let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw DatapathError(.system, operation: operation, errno: errno) }
        let descriptor = FileDescriptor(owning: number)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    private static func exchange(
        _ message: [UInt8], _ socket: FileDescriptor
    ) throws(NetlinkError) -> [UInt32: DeviceQueueCounters] {
        guard send(socket.number, message, message.count, 0) == message.count else { throw NetlinkError(errno: errno) }
        var counters: [UInt32: DeviceQueueCounters] = [:]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket.number, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw NetlinkError(errno: count < 0 ? errno : EIO) }
            if try QueueMessages.parse(buffer.span.bytes.extracting(0..<count), into: &counters) { return counters }
        }
    }
}
