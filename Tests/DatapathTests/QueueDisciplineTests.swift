import Glibc
import Testing

@testable import Datapath

@Suite("Queues of devices")
struct QueueDisciplineTests {
    @Test("requests are what the kernel's headers say")
    func messages() {
        let messages = QueueMessages.set(
            [DeviceQueue(number: 4, minimumRate: 8_000_000, maximumRate: 80_000_000)], interface: 7,
            deviceRate: 1_000_000_000)
        // Take away, discipline, root class, queue 0 for all that name none, queue 4.
        #expect(messages.count == 5)
        for message in messages {
            let length = message.span.bytes.unsafeLoad(fromByteOffset: 0, as: UInt32.self)
            #expect(Int(length) == message.count && message.count % 4 == 0)
            #expect(message.span.bytes.unsafeLoad(fromByteOffset: 20, as: UInt32.self) == 7)
        }
        let types = messages.map { $0.span.bytes.unsafeLoad(fromByteOffset: 4, as: UInt16.self) }
        #expect(types == [37, 36, 40, 40, 40])
        let handles = messages.map { $0.span.bytes.unsafeLoad(fromByteOffset: 24, as: UInt32.self) }
        #expect(handles == [0, 0x1_0000, 0x1_fffe, 0x1_0001, 0x1_0005])
        let last = messages[4]
        // nlmsghdr, tcmsg, kind "htb", options, parameters: rates in bytes a second.
        #expect(last.count == 36 + 8 + 4 + 4 + 44)
        let rate = last.span.bytes.unsafeLoad(fromByteOffset: 52 + 8, as: UInt32.self)
        let ceiling = last.span.bytes.unsafeLoad(fromByteOffset: 52 + 20, as: UInt32.self)
        #expect(rate == 1_000_000 && ceiling == 10_000_000)
    }

    @Test("counters of classes are read, by queue; damaged messages give nothing")
    func counters() throws {
        func words(_ words: [UInt32]) -> [UInt8] { words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } } }
        let basic = words([16 | 1 << 16, 5_000, 0, 12])
        let queue = words([24 | 3 << 16, 0, 0, 3, 0, 0])
        let statistics = words([UInt32(4 + basic.count + queue.count) | 7 << 16]) + basic + queue
        var message = words([0, 40, 1, 0, 0, 7, 0x1_0005, 0x1_fffe, 0]) + statistics
        message.replaceSubrange(0..<4, with: words([UInt32(message.count)]))
        let done = words([20, 3, 1, 0, 0])
        var counters: [UInt32: DeviceQueueCounters] = [:]
        let datagram = message + done
        let isComplete = try QueueMessages.parse(datagram.span.bytes, into: &counters)
        #expect(isComplete)
        #expect(counters[4]?.bytes == 5_000 && counters[4]?.packets == 12 && counters[4]?.dropped == 3)
        for length in 0..<message.count {
            var none: [UInt32: DeviceQueueCounters] = [:]
            let cut = Array(message.prefix(length))
            let isEnd = try QueueMessages.parse(cut.span.bytes, into: &none)
            #expect(!isEnd && none.isEmpty)
        }
    }

    @Test("the kernel takes them, and tc sees them", .enabled(if: PrivateNetwork.isPossible, "needs root"))
    func kernel() throws {
        try PrivateNetwork.run {
            try PrivateNetwork.addPair("left", "right")
            let queues = [
                DeviceQueue(number: 0, minimumRate: 1_000_000, maximumRate: 10_000_000),
                DeviceQueue(number: 3, minimumRate: 5_000_000, maximumRate: 40_000_000_000),
            ]
            do throws(DatapathError) {
                try QueueDiscipline.set(queues, of: "left")
                // Again, in place of those.
                try QueueDiscipline.set(queues, of: "left")
            } catch {
                // A kernel without the htb discipline says so.
                #expect(error.code == .unsupported, "\(error)")
                return
            }
            let shown = try PrivateNetwork.command("tc", "class", "show", "dev", "left")
            #expect(
                shown.contains("class htb 1:1 parent 1:fffe") && shown.contains("rate 1Mbit ceil 10Mbit"), "\(shown)")
            #expect(
                shown.contains("class htb 1:4 parent 1:fffe") && shown.contains("rate 5Mbit ceil 40Gbit"), "\(shown)")
            let counters = try QueueDiscipline.counters(of: "left")
            #expect(counters.keys.sorted() == [0, 3])
            QueueDiscipline.remove(of: "left")
            #expect(try !PrivateNetwork.command("tc", "class", "show", "dev", "left").contains("htb"))
        }
    }
}
