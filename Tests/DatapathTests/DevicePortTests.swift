import Datapath
import Glibc
import NetworkTypes
import Testing

@Suite(
    "Ports on real devices, in a network namespace of their own", .enabled(if: PrivateNetwork.isPossible, "needs root"))
struct DevicePortTests {
    private static func isOurs(_ frame: [UInt8]) -> Bool {
        frame.count >= 12 && frame[6..<12].elementsEqual(Frames.hostA)
    }

    /// Waits until `condition` holds; gives up after a minute, saying what it waited for.
    private static func eventually(_ what: String, _ condition: () throws -> Bool) throws {
        let deadline = MonotonicClock.nowNanoseconds() + 60_000_000_000
        while try !condition() {
            guard MonotonicClock.nowNanoseconds() < deadline else {
                throw WireError(text: "waited a minute for: \(what)")
            }
            sched_yield()
        }
    }

    /// A datapath between two veth pairs.
    private static func withFixture(_ body: (BackendContract.Fixture, UserspaceDatapath) throws -> Void) throws {
        try PrivateNetwork.run {
            try PrivateNetwork.addPair("p1", "h1")
            try PrivateNetwork.addPair("p2", "h2")
            let datapath = try UserspaceDatapath()
            defer { datapath.close(keep: false) }
            let fixture = BackendContract.Fixture(
                backend: datapath, left: try datapath.addPort(PortRequest(name: "p1", kind: .device)),
                right: try datapath.addPort(PortRequest(name: "p2", kind: .device)),
                leftWire: try DeviceWire(device: "h1", isWanted: Self.isOurs),
                rightWire: try DeviceWire(device: "h2", isWanted: Self.isOurs))
            try body(fixture, datapath)
        }
    }

    @Test("The contract of backends, over veth pairs", arguments: BackendContract.checks.indices)
    func contract(index: Int) throws {
        try Self.withFixture { fixture, _ in try BackendContract.checks[index].run(fixture) }
    }

    @Test("A device that another agent has, or that is a bridge's port, is refused as in use; given back it is free")
    func inUse() throws {
        try PrivateNetwork.run {
            try PrivateNetwork.addPair("p1", "h1")
            let first = try UserspaceDatapath()
            let second = try UserspaceDatapath()
            defer {
                first.close(keep: false)
                second.close(keep: false)
            }
            let port = try first.addPort(PortRequest(name: "p1", kind: .device))
            let refusal = #expect(throws: DatapathError.self) {
                try second.addPort(PortRequest(name: "p1", kind: .device))
            }
            #expect(refusal?.code == .busy && refusal?.detail == "another agent has it")
            try first.removePort(port.index)
            let taken = try second.addPort(PortRequest(name: "p1", kind: .device))
            try second.removePort(taken.index)

            try PrivateNetwork.command("ip", "link", "add", "b1", "type", "bridge")
            try PrivateNetwork.command("ip", "link", "set", "p1", "down")
            try PrivateNetwork.command("ip", "link", "set", "p1", "master", "b1")
            let enslaved = #expect(throws: DatapathError.self) {
                try second.addPort(PortRequest(name: "p1", kind: .device))
            }
            #expect(enslaved?.code == .busy && enslaved?.detail == "it is a port of b1")
        }
    }

    @Test("Two tags arrive as two tags, though the kernel takes the outer one off on the way")
    func tags() throws {
        try Self.withFixture { fixture, _ in
            let frame = Frames.ethernet(
                0x0806, Frames.arp() + [UInt8](repeating: 0, count: 18), tags: [(0x88a8, 0x2064), (0x8100, 0x00c8)])
            try fixture.leftWire.send(frame)
            let upcall = try #require(try BackendContract.upcall(fixture))
            #expect(upcall.packet == frame)
            #expect(upcall.key.vlanTPID == 0x88a8 && upcall.key.vlanTCI == 0x3064)
            #expect(upcall.key.innerVLANTCI == 0x10c8 && upcall.key.etherType == 0x0806)
            let results = fixture.backend.execute([
                PacketExecution(packet: frame, key: upcall.key, actions: [.output(fixture.right.index)])
            ])
            #expect(results == [nil])
            #expect(fixture.rightWire.receive() == frame)
        }
    }

    @Test("Twenty thousand frames go through, none lost that a port counted as received")
    func stream() throws {
        try Self.withFixture { fixture, datapath in
            BackendContract.put(BackendContract.flow(from: fixture.left, [.output(fixture.right.index)]), fixture)
            for _ in 0..<400 {
                for _ in 0..<50 { try fixture.leftWire.send(BackendContract.frame) }
                for _ in 0..<50 { #expect(fixture.rightWire.receive() != nil) }
            }
            let left = try datapath.statistics(of: fixture.left.index)
            let right = try datapath.statistics(of: fixture.right.index)
            #expect(left.receivedPackets == 20_000 && left.receiveDropped == 0)
            #expect(right.transmittedPackets == 20_000 && right.transmitDropped == 0)
            #expect(datapath.statistics.hits == 20_000)
        }
    }

    @Test("Frames larger than a ring slot come through the socket's queue, in order")
    func jumbo() throws {
        try Self.withFixture { fixture, _ in
            for name in ["p1", "h1", "p2", "h2"] {
                try NetworkInterface.setMaximumTransmissionUnit(9000, of: name)
            }
            BackendContract.put(BackendContract.flow(from: fixture.left, [.output(fixture.right.index)]), fixture)
            for size in [100, 8000, 200, 1800, 1900, 2000, 8900] {
                let frame = Frames.ethernet(
                    0x0800,
                    Frames.ipv4(17, Frames.udp(1, 2, payload: [UInt8](repeating: UInt8(size & 255), count: size))))
                try fixture.leftWire.send(frame)
                #expect(fixture.rightWire.receive() == frame, "\(size)")
            }
        }
    }

    @Test("A device that goes down and up again works; one that is deleted harms nobody")
    func deviceLife() throws {
        try Self.withFixture { fixture, datapath in
            BackendContract.put(BackendContract.flow(from: fixture.left, [.output(fixture.right.index)]), fixture)
            try NetworkInterface.setUp(false, of: "p2")
            try fixture.leftWire.send(BackendContract.frame)
            try Self.eventually("the frame for the dead port is dropped") {
                try datapath.statistics(of: fixture.right.index).transmitDropped == 1
            }
            try NetworkInterface.setUp(true, of: "p2")
            try Self.eventually("p2 has a carrier") { try NetworkInterface(named: "p2").isRunning }
            try fixture.leftWire.send(BackendContract.frame)
            #expect(fixture.rightWire.receive() == BackendContract.frame)
            try PrivateNetwork.command("ip", "link", "del", "p2")
            try fixture.leftWire.send(BackendContract.frame)
            try Self.eventually("the frame for the deleted device is counted") {
                let counters = try datapath.statistics(of: fixture.right.index)
                // ENETDOWN from the device's end may come before ENXIO for its absence.
                return counters.transmitErrors + counters.transmitDropped == 2
            }
            try datapath.removePort(fixture.right.index)
            #expect(throws: DatapathError(.noSuchDevice, operation: "")) {
                try datapath.addPort(PortRequest(name: "p2", kind: .device))
            }
        }
    }

    @Test("An internal port is a device of the host while it is there, and carries frames both ways")
    func internalPort() throws {
        try Self.withFixture { fixture, datapath in
            let port = try datapath.addPort(PortRequest(name: "br-test", kind: .internal, index: .local))
            #expect(port.index == .local)
            #expect(throws: DatapathError(.exists, operation: "")) {
                try datapath.addPort(PortRequest(name: "br-test", kind: .internal))
            }
            try PrivateNetwork.command("sysctl", "-qw", "net.ipv6.conf.br-test.disable_ipv6=1")
            try NetworkInterface.setHardwareAddress(MACAddress(2, 0, 0, 0, 0, 0x0b), of: "br-test")
            try NetworkInterface.setUp(true, of: "br-test")
            #expect(try NetworkInterface(named: "br-test").hardwareAddress.description == "02:00:00:00:00:0b")
            let host = try DeviceWire(device: "br-test", isWanted: Self.isOurs)
            BackendContract.put(BackendContract.flow(from: fixture.left, [.output(.local)]), fixture)
            BackendContract.put(BackendContract.flow(from: port, [.output(fixture.right.index)]), fixture)
            try fixture.leftWire.send(BackendContract.frame)
            #expect(host.receive() == BackendContract.frame)
            try host.send(BackendContract.frame)
            #expect(fixture.rightWire.receive() == BackendContract.frame)
            try datapath.removePort(.local)
            // Another test may be starting a process, which has our descriptors until it executes its program.
            try Self.eventually("the device is gone") { !NetworkInterface.exists("br-test") }
        }
    }

    /// Everything from one port, whatever it is.
    private static func anything(from port: DatapathPort, _ actions: [DatapathAction]) -> DatapathFlow {
        var key = FlowKey()
        var mask = FlowMask()
        key.inPort = port.index.rawValue
        mask.inPort = .max
        return DatapathFlow(
            identifier: FlowIdentifier(key: key, mask: mask), key: key, mask: mask, actions: actions)
    }

    @Test("TCP between real hosts, with checksums and segmentation left to the devices and a tag pushed on the way")
    func hosts() throws {
        try PrivateNetwork.run {
            // h1 – p1, a trunk with tagged frames between t1 and t2, p2 – h2.
            try PrivateNetwork.addPair("p1", "h1")
            try PrivateNetwork.addPair("t1", "t2")
            try PrivateNetwork.addPair("p2", "h2")
            let datapath = try UserspaceDatapath()
            defer { datapath.close(keep: false) }
            let ports = try ["p1", "t1", "t2", "p2"].map {
                try datapath.addPort(PortRequest(name: $0, kind: .device))
            }
            let tag = DatapathAction.pushVLAN(tpid: 0x8100, tci: 0x1064)
            let results = datapath.apply([
                .put(Self.anything(from: ports[0], [tag, .output(ports[1].index)])),
                .put(Self.anything(from: ports[1], [.popVLAN, .output(ports[0].index)])),
                .put(Self.anything(from: ports[2], [.popVLAN, .output(ports[3].index)])),
                .put(Self.anything(from: ports[3], [tag, .output(ports[2].index)])),
            ])
            #expect(results.count == 4)
            let name = "datapath-\(getpid())"
            defer {
                for side in ["a", "b"] { _ = try? PrivateNetwork.command("ip", "netns", "del", "\(name)-\(side)") }
            }
            let output = try PrivateNetwork.command(
                "sh", "-ec",
                """
                for side in a b; do ip netns add \(name)-$side; ip -n \(name)-$side link set lo up; done
                ip link set h1 netns \(name)-a; ip link set h2 netns \(name)-b
                ip -n \(name)-a link set h1 up; ip -n \(name)-a addr add 10.9.0.1/24 dev h1
                ip -n \(name)-b link set h2 up; ip -n \(name)-b addr add 10.9.0.2/24 dev h2
                ip netns exec \(name)-b timeout 100 python3 -c '
                import socket, hashlib
                listener = socket.create_server(("10.9.0.2", 5000))
                open("/tmp/\(name).ready", "w")
                peer, _ = listener.accept()
                digest, count = hashlib.sha256(), 0
                while data := peer.recv(1 << 16): digest.update(data); count += len(data)
                peer.sendall(f"{count} {digest.hexdigest()}".encode()); peer.close()
                ' &
                while [ ! -e /tmp/\(name).ready ]; do kill -0 $!; done; rm /tmp/\(name).ready
                ip netns exec \(name)-a timeout 100 python3 -c '
                import socket, hashlib
                data = bytes(i * 7 & 255 for i in range(1 << 16)) * 256
                peer = socket.create_connection(("10.9.0.2", 5000), 60)
                peer.sendall(data); peer.shutdown(socket.SHUT_WR)
                answer = b""
                while more := peer.recv(1000): answer += more
                print(answer.decode() == f"{len(data)} {hashlib.sha256(data).hexdigest()}")
                '
                wait
                """)
            #expect(output == "True\n")
            let sent = try datapath.statistics(of: ports[1].index)
            #expect(sent.transmittedBytes > 1 << 24)
            // Frames longer than the MTU: the segmentation was passed on, not done or lost.
            #expect(sent.transmittedBytes / sent.transmittedPackets > 1600)
            #expect(sent.transmitErrors == 0)
        }
    }

    @Test("The link monitor tells of devices that come, change and go")
    func linkMonitor() throws {
        try PrivateNetwork.run {
            let monitor = try LinkMonitor()
            var events: [LinkEvent] = []
            let wait = { (isWanted: (LinkEvent) -> Bool) throws in
                let deadline = MonotonicClock.nowNanoseconds() + 60_000_000_000
                while MonotonicClock.nowNanoseconds() < deadline {
                    if events.contains(where: isWanted) { return true }
                    events += try monitor.receive(timeoutMilliseconds: 1000)
                }
                return false
            }
            try monitor.requestAll()
            #expect(try wait { if case .present(let link) = $0 { link.name == "lo" } else { false } })
            try PrivateNetwork.addPair("m1", "m2")
            #expect(try wait { if case .present(let link) = $0 { link.name == "m1" && link.isRunning } else { false } })
            try PrivateNetwork.command("ip", "link", "set", "m2", "down")
            events = []
            try PrivateNetwork.command("ip", "link", "set", "m1", "down")
            #expect(try wait { if case .present(let link) = $0 { link.name == "m1" && !link.isUp } else { false } })
            try PrivateNetwork.command("ip", "link", "del", "m1")
            #expect(try wait { if case .removed(_, let name) = $0 { name == "m1" } else { false } })
            monitor.wake()
            #expect(try monitor.receive(timeoutMilliseconds: nil).isEmpty)
        }
    }

    @Test("Events of devices that were lost are told of, and asking again brings what is there")
    func linkOverrun() throws {
        try PrivateNetwork.run {
            let monitor = try LinkMonitor()
            try PrivateNetwork.addPair("v1", "v2")
            // Far more than the socket has room for while nobody reads.
            try PrivateNetwork.command(
                "sh", "-ec",
                "for i in $(seq 2000); do echo link set v1 mtu $((1000 + i % 400)); done | ip -batch -; ip link del v1")
            let until = { (wanted: LinkEvent) throws in
                let deadline = MonotonicClock.nowNanoseconds() + 60_000_000_000
                var events: [LinkEvent] = []
                while !events.contains(wanted), MonotonicClock.nowNanoseconds() < deadline {
                    events += try monitor.receive(timeoutMilliseconds: 1000)
                }
                return try #require(events.contains(wanted) ? events : nil, "waited 60 s for \(wanted)")
            }
            _ = try until(.overrun)
            try monitor.requestAll()
            // Events from before the overrun may still come first.
            let events = try until(.allPresent)
            #expect(events.contains { if case .present(let link) = $0 { link.name == "lo" } else { false } })
        }
    }

    @Test("Interfaces that are not there, or cannot be named so, give exact errors")
    func interfaces() throws {
        #expect(throws: DatapathError(.noSuchDevice, operation: "")) { try NetworkInterface(named: "no-such-dev") }
        for name in ["", "a-name-of-16-byte", "with space", "a/b", "..", "a:b"] {
            #expect(throws: DatapathError(.invalid, operation: "")) { try NetworkInterface(named: name) }
        }
        let loopback = try NetworkInterface(named: "lo")
        #expect(loopback.index == 1)
    }
}
