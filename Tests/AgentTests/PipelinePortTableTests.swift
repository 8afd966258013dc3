import Datapath
import Glibc
import OpenFlow
import Testing

@testable import Agent

@Suite("A port table")
struct PipelinePortTableTests {
    private static func add(
        _ table: inout PortTable, _ name: String, _ index: UInt32, _ requested: UInt32? = nil
    ) throws(PortTable.Refusal) -> UInt32 {
        let port = try table.add(
            PortDescription(name: name), index: PortIndex(rawValue: index),
            requested: requested.map(PortNumber.init(rawValue:)))
        return port.number.rawValue
    }

    @Test("gives the lowest number that no name has had, and a name its own again")
    func stability() throws {
        var table = PortTable()
        #expect(try Self.add(&table, "eth1", 1) == 1)
        #expect(try Self.add(&table, "eth2", 2) == 2)
        #expect(try Self.add(&table, "eth9", 9, 9) == 9)
        #expect(table.remove(PortNumber(rawValue: 1))?.description.name == "eth1")
        #expect(try Self.add(&table, "eth3", 3) == 3)
        #expect(try Self.add(&table, "eth1", 1) == 1)
        #expect(table.ports.map(\.number.rawValue) == [1, 2, 3, 9])
        #expect(table.port(at: PortIndex(rawValue: 9))?.description.number.rawValue == 9)
        #expect(table.port(named: "eth2")?.number.rawValue == 2)
    }

    @Test("knows the numbers of an earlier life: a name gets its own, another name none of them")
    func recalled() throws {
        var table = PortTable()
        let text = "2 eth1\n1 eth2\n7 gone\nnonsense\n0 zero\n99999 far\n3 bad/name\n"
        let numbers = PortNumberFile.parse(Array(text.utf8))
        #expect(numbers.mapValues(\.rawValue) == ["eth1": 2, "eth2": 1, "gone": 7])
        table.recall(numbers)
        #expect(try Self.add(&table, "eth1", 1) == 2)
        #expect(try Self.add(&table, "new", 3) == 3)
        #expect(try Self.add(&table, "eth2", 2) == 1)
        #expect(table.numbersByName.mapValues(\.rawValue) == ["eth1": 2, "eth2": 1, "gone": 7, "new": 3])
    }

    @Test("keeps numbers in a file that is replaced as a whole")
    func file() {
        let path = "/tmp/sluice-port-numbers-\(getpid())"
        defer { unlink(path) }
        var file = PortNumberFile(path: path)
        let first = file.read()
        #expect(first.isEmpty)
        let numbers = ["eth1": PortNumber(rawValue: 4), "br0": .local]
        let failure = file.write(numbers)
        #expect(failure == nil)
        var again = PortNumberFile(path: path)
        let second = again.read()
        #expect(second == ["eth1": PortNumber(rawValue: 4)])
        let other = again.write(["eth9": PortNumber(rawValue: 1)])
        let third = file.read()
        #expect(other == nil && third == ["eth9": PortNumber(rawValue: 1)])
        var nowhere = PortNumberFile(path: "/nonexistent/ports")
        let refused = nowhere.write(numbers)
        #expect(refused?.contains("/nonexistent/ports") == true)
    }

    @Test("gives ten thousand ports their numbers, and finds each by number after every third has gone")
    func many() throws {
        var table = PortTable()
        for number in 1...10_000 { #expect(try Self.add(&table, "p\(number)", UInt32(number)) == UInt32(number)) }
        for number in stride(from: 3, through: 10_000, by: 3) {
            #expect(table.remove(PortNumber(rawValue: UInt32(number)))?.description.name == "p\(number)")
        }
        for number in 1...10_000 {
            let port = table[PortNumber(rawValue: UInt32(number))]
            #expect((port != nil) == (number % 3 != 0))
            #expect(port.map { $0.description.name == "p\(number)" } ?? true)
        }
        #expect(try Self.add(&table, "new", 20_000) == 10_001)
        #expect(try Self.add(&table, "p9", 9) == 9)
    }

    @Test("a number is free again once the names that had it are forgotten")
    func forgotten() throws {
        var table = PortTable()
        for number in 1...UInt32(PortTable.rememberedNamesMaximum + 1) {
            _ = try Self.add(&table, "p\(number)", number)
            _ = table.remove(PortNumber(rawValue: number))
        }
        #expect(try Self.add(&table, "other", 1) == 1)
    }

    @Test("refuses names, numbers and indices that are taken or not allowed")
    func refusals() throws {
        var table = PortTable()
        _ = try Self.add(&table, "eth1", 1, 5)
        #expect(throws: PortTable.Refusal.nameExists) { try Self.add(&table, "eth1", 2) }
        #expect(throws: PortTable.Refusal.numberInUse(PortNumber(rawValue: 5))) {
            try Self.add(&table, "eth2", 2, 5)
        }
        #expect(throws: PortTable.Refusal.indexInUse(PortIndex(rawValue: 1))) { try Self.add(&table, "eth2", 1) }
        for number in [0, 0xff00, PortNumber.controller.rawValue] {
            #expect(throws: PortTable.Refusal.numberNotAllowed(PortNumber(rawValue: number))) {
                try Self.add(&table, "eth2", 2, number)
            }
        }
        #expect(try Self.add(&table, "br0", 0, PortNumber.local.rawValue) == PortNumber.local.rawValue)
        #expect(table.ports.count == 2)
    }

    @Test("keeps number and name when a description changes")
    func update() throws {
        var table = PortTable()
        _ = try Self.add(&table, "eth1", 1)
        let one = PortNumber(rawValue: 1)
        #expect(table.update(one) { $0.state = .linkDown })
        #expect(!table.update(one) { $0.state = .linkDown })
        #expect(!table.update(one) { ($0.name, $0.number) = ("other", .local) })
        #expect(table[one]?.description.name == "eth1")
        #expect(table[one]?.description.state == .linkDown)
    }
}
