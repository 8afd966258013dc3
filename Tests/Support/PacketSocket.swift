import Foundation
private import Glibc

/// A raw Ethernet socket on a device in a namespace: sends frames as given, and sees every frame that arrives.
///
/// One thread at a time; closed with the object.
package final class PacketSocket {
    private let descriptor: Int32

    /// Opens the socket on `device` in `namespace`.
    package init(_ device: String, in namespace: NetworkNamespace) throws {
        let everyProtocol = UInt16(0x0003).bigEndian  // ETH_P_ALL, <linux/if_ether.h>
        self.descriptor = try namespace.enter {
            let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(everyProtocol))
            guard descriptor >= 0 else { throw LabError.system("packet socket", errno) }
            // struct sockaddr_ll of packet(7): family, protocol, interface index, then what only replies hold.
            var address = [UInt8](repeating: 0, count: 20)
            withUnsafeBytes(of: UInt16(AF_PACKET)) { address.replaceSubrange(0..<2, with: $0) }
            withUnsafeBytes(of: everyProtocol) { address.replaceSubrange(2..<4, with: $0) }
            withUnsafeBytes(of: Int32(bitPattern: if_nametoindex(device))) { address.replaceSubrange(4..<8, with: $0) }
            let status = address.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
            }
            guard status == 0 else {
                let code = errno
                close(descriptor)
                throw LabError.system("bind to \(device)", code)
            }
            return descriptor
        }
    }

    deinit {
        close(self.descriptor)
    }

    /// Sends one frame, from the destination address on, without check sum.
    package func send(_ frame: [UInt8]) throws(LabError) {
        let count = Glibc.send(self.descriptor, frame, frame.count, 0)
        guard count == frame.count else { throw .system("send a frame", errno) }
    }

    /// Throws away what has arrived so far.
    package func discard() throws(LabError) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while recv(self.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)) >= 0 {}
        guard errno == EAGAIN || errno == EINTR || errno == ENETDOWN else { throw .system("receive a frame", errno) }
    }

    /// Waits for a frame that satisfies `condition`, passing over others, those sent from here too.
    package func receive(_ what: String, where condition: ([UInt8]) -> Bool) throws(LabError) -> [UInt8] {
        let limit = Date(timeIntervalSinceNow: Give.up)
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let left = limit.timeIntervalSinceNow
            var descriptors = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&descriptors, 1, Int32(left * 1000)) != 0 else {
                throw .gaveUp(waitingFor: what, output: "")
            }
            let count = recv(self.descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR || errno == ENETDOWN { continue }
            guard count > 0 else { throw .system("receive a frame", errno) }
            let frame = Array(buffer[..<count])
            if condition(frame) { return frame }
        }
    }
}

/// Frames that tests send.
package enum TestFrame {
    /// An Ethernet frame of a local experimental type (0x88b5) between two lab hosts, `payload` filled up to 60 octets.
    package static func experimental(from source: Int, to destination: Int, _ payload: [UInt8]) -> [UInt8] {
        let addresses = [2, 0, 0, 0, 0, UInt8(destination), 2, 0, 0, 0, 0, UInt8(source)]
        let frame: [UInt8] = addresses + [0x88, 0xb5] + payload
        return frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
    }

    /// A UDP datagram of one octet of IPv4 between two lab hosts, without check sums.
    package static func datagram(
        from source: Int, to destination: Int, sourcePort: Int, destinationPort: Int
    ) -> [UInt8] {
        let addresses = [2, 0, 0, 0, 0, UInt8(destination), 2, 0, 0, 0, 0, UInt8(source), 8, 0]
        let header: [UInt8] = [0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17]
        var sum: UInt32 = 0
        let hosts: [UInt8] = [10, 0, 0, UInt8(source), 10, 0, 0, UInt8(destination)]
        let words = header + hosts
        for index in stride(from: 0, to: words.count, by: 2) {
            sum += UInt32(words[index]) << 8 | UInt32(words[index + 1])
        }
        let checksum = ~UInt16(truncatingIfNeeded: (sum & 0xffff) + sum >> 16)
        let ports = [
            UInt8(sourcePort >> 8), UInt8(sourcePort & 255), UInt8(destinationPort >> 8), UInt8(destinationPort & 255),
        ]
        let frame: [UInt8] =
            addresses + header + [UInt8(checksum >> 8), UInt8(checksum & 255)] + hosts + ports + [0, 9, 0, 0, 1]
        return frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
    }

    /// `frame` in hexadecimal digits, as ovs-ofctl's `packet=` wants it.
    package static func hex(_ frame: [UInt8]) -> String {
        frame.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
