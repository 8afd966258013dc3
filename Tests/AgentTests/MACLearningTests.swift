import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("MAC learning")
struct MACLearningTests {
    private func seconds(_ count: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: count * 1_000_000_000) }
    private func update(_ address: UInt64, _ port: UInt32, vlan: UInt16 = 0) -> MACLearningUpdate {
        MACLearningUpdate(vlan: vlan, address: MACAddress(rawValue: address), port: PortNumber(rawValue: port))
    }

    @Test("an address is known from its first packet until it has been silent for 300 seconds")
    func ageing() {
        var table = MACLearningTable()
        #expect(table.learn(self.update(1, 7), now: self.seconds(10)) == .added)
        #expect(table.port(of: MACAddress(rawValue: 1), vlan: 0, now: self.seconds(309))?.rawValue == 7)
        #expect(table.port(of: MACAddress(rawValue: 1), vlan: 0, now: self.seconds(310)) == nil)
        #expect(table.port(of: MACAddress(rawValue: 1), vlan: 5, now: self.seconds(10)) == nil)
        #expect(table.learn(self.update(1, 7), now: self.seconds(200)) == .refreshed)
        #expect(table.expire(now: self.seconds(310)) == 0)
        #expect(table.expire(now: self.seconds(500)) == 1)
        #expect(table.count == 0)
    }

    @Test("an address moves with its latest packet, not with an older one that is reported late")
    func moves() {
        var table = MACLearningTable()
        _ = table.learn(self.update(1, 7), now: self.seconds(10))
        #expect(table.learn(self.update(1, 8), now: self.seconds(20)) == .moved(from: PortNumber(rawValue: 7)))
        #expect(table.learn(self.update(1, 7), now: self.seconds(19)) == .refreshed)
        #expect(table.port(of: MACAddress(rawValue: 1), vlan: 0, now: self.seconds(20))?.rawValue == 8)
    }

    @Test("group addresses are never learned")
    func groups() {
        var table = MACLearningTable()
        #expect(table.learn(self.update(0x0100_5e00_0001, 1), now: self.seconds(1)) == .refused)
        #expect(table.learn(self.update(0xffff_ffff_ffff, 1), now: self.seconds(1)) == .refused)
        #expect(table.count == 0)
    }

    @Test("a full table forgets the entry refreshed longest ago")
    func eviction() {
        var table = MACLearningTable(limit: 3)
        for address in 1...3 {
            _ = table.learn(self.update(UInt64(address) * 2, 1), now: self.seconds(UInt64(address)))
        }
        _ = table.learn(self.update(2, 1), now: self.seconds(4))
        #expect(table.learn(self.update(8, 1), now: self.seconds(5)) == .replacedOldest)
        #expect(table.count == 3)
        #expect(table.contents.map(\.update.address.rawValue) == [6, 2, 8])
    }

    @Test("a port's entries can be flushed; slots are used again")
    func flush() {
        var table = MACLearningTable(limit: 10)
        for address in 0..<8 {
            _ = table.learn(self.update(UInt64(address) * 2, UInt32(address % 2)), now: self.seconds(1))
        }
        #expect(table.flush(port: PortNumber(rawValue: 1)) == 4)
        #expect(table.contents.map(\.update.address.rawValue) == [0, 4, 8, 12])
        for address in 10..<16 { _ = table.learn(self.update(UInt64(address) * 2, 3), now: self.seconds(2)) }
        #expect(table.count == 10)
        #expect(table.flush() == 10)
        #expect(table.contents.isEmpty)
    }

    @Test("random use agrees with a list that is searched")
    func oracle() {
        var random = SeededGenerator(state: 42)
        var table = MACLearningTable(limit: 16)
        var oracle: [(update: MACLearningUpdate, lastSeen: MonotonicTime)] = []
        var now: UInt64 = 0
        for _ in 0..<5000 {
            now += UInt64.random(in: 0...20, using: &random)
            let update = self.update(
                UInt64.random(in: 0..<24, using: &random) * 2, UInt32.random(in: 1...3, using: &random),
                vlan: UInt16.random(in: 0...1, using: &random))
            _ = table.learn(update, now: self.seconds(now))
            let present = oracle.firstIndex { $0.update.vlan == update.vlan && $0.update.address == update.address }
            if let present {
                oracle.remove(at: present)
            } else if oracle.count == 16 {
                // The oldest of the port that has most makes room; of ports that have equally many the lowest.
                let counts = Dictionary(grouping: oracle, by: \.update.port)
                let crowded = counts.max { ($0.value.count, $1.key.rawValue) < ($1.value.count, $0.key.rawValue) }
                oracle.remove(at: oracle.firstIndex { $0.update.port == crowded?.key } ?? 0)
            }
            oracle.append((update, self.seconds(now)))
            if Int.random(in: 0..<10, using: &random) == 0 {
                _ = table.expire(now: self.seconds(now))
                oracle.removeAll { self.seconds(now).since($0.lastSeen) >= .seconds(300) }
            }
            #expect(table.contents.map(\.update) == oracle.map(\.update))
        }
    }

    @Test("the generation grows with what changes forwarding and with nothing else")
    func generation() {
        let learning = MACLearning()
        let start = learning.generation
        learning.learn(self.update(2, 1), now: self.seconds(1))
        #expect(learning.generation == start + 1)
        learning.learn(self.update(2, 1), now: self.seconds(2))
        #expect(learning.generation == start + 1)
        learning.learn(self.update(2, 2), now: self.seconds(3))
        #expect(learning.generation == start + 2)
        learning.expire(now: self.seconds(4))
        #expect(learning.generation == start + 2)
        learning.expire(now: self.seconds(400))
        #expect(learning.generation == start + 3)
        learning.flush()
        #expect(learning.generation == start + 3)
    }

    // MARK: NORMAL

    private func normal() -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [output(.normal)])
        return fixture
    }

    @Test("NORMAL floods what it does not know, learns, and then knows")
    func floodsThenKnows() {
        let fixture = self.normal()
        let there = fixture.translate(TestFrame(destination: 0x0200_0000_0002, source: 0x0200_0000_0001), inPort: 1)
        #expect(there.actions == [out(2), out(3), out(4)])
        #expect(there.learned == self.update(0x0200_0000_0001, 1))
        #expect(there.learningGeneration == fixture.learning.generation)
        let back = fixture.translate(TestFrame(destination: 0x0200_0000_0001, source: 0x0200_0000_0002), inPort: 3)
        #expect(back.actions == [out(1)])
        #expect(back.mask.ethernetSource == 0xffff_ffff_ffff && back.mask.ethernetDestination == 0xffff_ffff_ffff)
        #expect(back.mask.vlanTCI == 0x1fff)
        #expect(fixture.translate(TestFrame(destination: 0x0200_0000_0001), inPort: 1).actions.isEmpty)
    }

    @Test("a dry run learns nothing but says what it would")
    func dryRun() {
        let fixture = self.normal()
        let result = fixture.translate(TestFrame(), dryRun: true)
        #expect(result.learned != nil)
        #expect(fixture.learning.contents.isEmpty)
    }

    @Test("VLANs are learned apart; reserved addresses are not forwarded; group sources are not learned")
    func particulars() {
        let fixture = self.normal()
        _ = fixture.translate(TestFrame(source: 0x0200_0000_0009, tags: [(0x8100, 5)]), inPort: 2)
        #expect(fixture.translate(TestFrame(destination: 0x0200_0000_0009)).actions.count == 3)
        #expect(
            fixture.translate(TestFrame(destination: 0x0200_0000_0009, tags: [(0x8100, 0x6005)])).actions == [out(2)])
        #expect(fixture.translate(TestFrame(destination: 0x0180_c200_000e)).actions.isEmpty)
        let group = fixture.translate(TestFrame(source: 0x0100_5e00_0001), inPort: 1)
        #expect(group.learned == nil && group.actions.count == 3)
    }

    @Test("an address behind a port that is gone is flooded")
    func goneP() {
        var fixture = self.normal()
        _ = fixture.translate(TestFrame(source: 0x0200_0000_0009), inPort: 2)
        fixture.pipeline.ports[2] = nil
        #expect(fixture.translate(TestFrame(destination: 0x0200_0000_0009)).actions == [out(3), out(4)])
    }

    @Test("a packet-out by NORMAL from the controller floods and teaches nothing")
    func packetOut() {
        let fixture = self.normal()
        let result = fixture.translate(
            inPort: PortNumber.controller.rawValue, entry: .packetOut([output(.normal)]))
        #expect(result.actions.count == 4 && result.learned == nil)
    }
}
