import Glibc
import NetworkTypes

/// The host's routes and ARP entries, as the kernel writes them in /proc/net/route and /proc/net/arp.
struct NeighbourTables {
    private struct Route {
        var destination: UInt32
        var mask: UInt32
        var gateway: UInt32
    }

    private var routes: [Route] = []
    private var addresses: [IPv4Address: MACAddress] = [:]

    /// The host's present tables.
    static func read() -> NeighbourTables {
        NeighbourTables(routes: Self.text(of: "/proc/net/route"), neighbours: Self.text(of: "/proc/net/arp"))
    }

    /// Reads the texts of the two files; lines that are not understood are passed over.
    init(routes: String, neighbours: String) {
        for line in routes.split(separator: "\n").dropFirst() {
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            // Numbers are in hexadecimal, in the host's byte order.
            guard words.count >= 8, let destination = UInt32(words[1], radix: 16),
                let gateway = UInt32(words[2], radix: 16), let mask = UInt32(words[7], radix: 16)
            else { continue }
            self.routes.append(
                Route(
                    destination: destination.bigEndian, mask: mask.bigEndian, gateway: gateway.bigEndian))
        }
        for line in neighbours.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            guard words.count >= 4, let address = IPv4Address(String(words[0])),
                let hardware = MACAddress(String(words[3])), hardware.rawValue != 0
            else { continue }
            self.addresses[address] = hardware
        }
    }

    /// The hardware address of the next hop towards an address, where both route and neighbour are known.
    func nextHop(towards address: IPv4Address) -> MACAddress? {
        let route = self.routes.filter { address.rawValue & $0.mask == $0.destination }.max { $0.mask < $1.mask }
        guard let route else { return nil }
        return self.addresses[route.gateway == 0 ? address : IPv4Address(rawValue: route.gateway)]
    }

    /// The first 64 KiB of a file; empty where it cannot be read.
    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 64 * 1024 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
