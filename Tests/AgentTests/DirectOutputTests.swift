import Glibc
import NIOEmbedded
import Testing

@testable import Agent

@Suite("Output that the control loop writes itself")
struct DirectOutputTests {
    /// A connection's link, and both ends of the socket that it shares.
    private final class Pair {
        let link: ConnectionLink
        private var ends: [CInt]

        init() throws {
            var ends: [CInt] = [-1, -1]
            try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
            self.ends = ends
            self.link = ConnectionLink(hub: ConnectionHub(signal: ControlLoopSignal(eventLoop: EmbeddedEventLoop())))
            let socket = DirectSocket(duplicating: ends[0])
            if let socket { self.link.share(socket) } else { Issue.record("no descriptor") }
        }

        deinit { for end in self.ends { close(end) } }

        /// What has arrived at the peer.
        func arrived() -> [UInt8] {
            var bytes: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(self.ends[1], &part, part.count, CInt(MSG_DONTWAIT))
                guard count > 0 else { return bytes }
                bytes += part[..<count]
            }
        }

        /// Closes our end; says whether the peer is told, as it is when nobody has the socket any longer.
        func closeTellsPeer() -> Bool {
            close(self.ends.removeFirst())
            var byte: UInt8 = 0
            return recv(self.ends[0], &byte, 1, CInt(MSG_DONTWAIT)) == 0
        }
    }

    @Test("short output is in the socket at once, and nothing waits for the I/O loop")
    func short() throws {
        let pair = try Pair()
        pair.link.send([1, 2, 3])
        pair.link.send([4])
        #expect(pair.arrived() == [1, 2, 3, 4])
        #expect(pair.link.bytesInFlight == 0 && pair.link.takeOutput().chunks.isEmpty)
        let long = [UInt8](repeating: 5, count: AgentLimits.directOutputBytesMaximum + 1)
        pair.link.send(long)
        pair.link.send([6])
        #expect(pair.arrived().isEmpty && pair.link.takeOutput().chunks == [long, [6]])
    }

    @Test("what the socket does not take follows by the I/O loop, before anything else")
    func full() throws {
        let pair = try Pair()
        var sent: [UInt8] = []
        while pair.link.bytesInFlight == 0 {
            let message = (0..<10_007).map { UInt8(truncatingIfNeeded: sent.count + $0) }
            sent += message
            pair.link.send(message)
        }
        let left = pair.link.bytesInFlight
        pair.link.send([7, 7])
        sent += [7, 7]
        let arrived = pair.arrived()
        #expect(arrived.count == sent.count - left - 2)
        // The channel may say something of its own only behind the message that is half written, if one is.
        let isSplit = left < 10_007
        #expect(pair.link.willWrite(8) == isSplit)
        let rest = pair.link.takeOutput().chunks
        #expect(arrived + rest.joined() == sent && !pair.link.willWrite(8))
        // The channel has it now; nobody writes beside it until it is through.
        pair.link.send([9])
        #expect(pair.arrived().isEmpty && pair.link.takeOutput().chunks == [[9]])
        for chunk in rest + [[9]] { pair.link.wrote(chunk.count) }
        pair.link.wroteOwn(16)
        pair.link.send([10])
        #expect(pair.arrived() == [10] && pair.link.bytesInFlight == 0)
    }

    @Test("the socket is let go of with the channel")
    func detached() throws {
        let pair = try Pair()
        pair.link.detach()
        pair.link.send([1])
        #expect(pair.arrived().isEmpty && pair.closeTellsPeer())
    }

    @Test("while somebody listens to the conversation, all of it goes by the I/O loop, which tells them")
    func listened() throws {
        let tap = ConversationTap()
        let link = ConnectionLink(
            hub: ConnectionHub(signal: ControlLoopSignal(eventLoop: EmbeddedEventLoop())), tap: tap)
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let socket = DirectSocket(duplicating: ends[0])
        if let socket { link.share(socket) }
        tap.add(Silence())
        link.send([1])
        #expect(link.takeOutput().chunks == [[1]])
    }

    private final class Silence: ConversationListener {
        func opened(_ connection: UInt64, local: String?, remote: String?) {}
        func heard(_ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64) {}
        func closed(_ connection: UInt64) {}
    }
}
