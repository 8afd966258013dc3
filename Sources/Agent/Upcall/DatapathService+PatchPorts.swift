import Datapath
import OpenFlow

/// A packet on its way through a patch port.
struct PatchCrossing {
    /// The patch port it was sent to.
    var port: PortIndex
    /// The packet as it was then.
    var packet: [UInt8]
    /// Its key, with the header fields of ``packet`` and the datapath's metadata; it has no ingress port yet.
    var key: FlowKey
    /// How many patch ports it has gone through with this one.
    var depth = 1
}

/// What translated packets call for, in order.
struct TranslatedWork {
    /// Packets for the datapath.
    var executions: [PacketExecution] = []
    /// Packets for the controllers, of the bridges that raised them.
    var events: [(bridge: BridgeIdentifier, event: PacketInEvent)] = []
    /// Packets for other bridges.
    var crossings: [PatchCrossing] = []
}

extension Translation {
    /// The credits for one packet in the bridges that it came into by patch ports.
    func creditsElsewhere(bytes: Int, tcpFlags: UInt16, at now: MonotonicTime) -> [FlowCredit] {
        self.passages.map {
            FlowCredit($0, packets: 1, bytes: UInt64(bytes), tcpFlags: tcpFlags, lastUsed: now)
        }
    }
}

// Patch ports by which packets are sent cut short: handled one by one in the agent, because what the other bridge makes
// of them depends on their length. Other packets go on within the translation (`Translator+Patch.swift`).
extension DatapathService {
    /// Adds what a translation sends to patch ports, each packet as the actions before it left it.
    func appendCrossings(
        of translation: Translation, packet: [UInt8], key: FlowKey, to crossings: inout [PatchCrossing]
    ) {
        guard !translation.patchOutputs.isEmpty else { return }
        guard var replay = try? PacketReplay(translation.actions, on: packet, key: key) else {
            self.counters.replayFailures.add()
            return
        }
        for output in translation.patchOutputs {
            let found: (packet: [UInt8], key: FlowKey)?
            if let leading = output.leadingActions {
                var copy = try? PacketReplay(leading, on: packet, key: key)
                found = copy?.packetAndKey(after: leading.count)
            } else {
                found = replay.packetAndKey(after: output.precedingActions)
            }
            guard var (modified, key) = found else {
                self.counters.replayFailures.add()
                return
            }
            if let length = output.maximumLength, length < modified.count {
                modified.removeSubrange(Int(length)...)
                PacketParser.parse(modified.span.bytes, into: &key)
            }
            // What the other bridge sees are the headers; metadata of this one stays behind.
            var next = FlowKey()
            for word in PacketParser.headerWords { next.words[word] = key.words[word] }
            next.priority = key.priority
            next.packetMark = key.packetMark
            next.inPort = PortIndex.none.rawValue
            crossings.append(PatchCrossing(port: output.port, packet: modified, key: next))
        }
    }

    /// Takes packets through patch ports: translates each in the peer's bridge, executes the result, and so on.
    ///
    /// `crossings` are one packet's. The tables of one bridge are held for reading at a time, and only while a packet
    /// is translated. Bounded by ``AgentLimits/patchDepthMaximum`` and ``AgentLimits/patchCrossingsMaximum``.
    func cross(_ crossings: [PatchCrossing], now: MonotonicTime) {
        var queue = crossings
        var position = 0
        while position < queue.count {
            guard position < AgentLimits.patchCrossingsMaximum else {
                return self.counters.patchDrops.add(queue.count - position)
            }
            let crossing = queue[position]
            position += 1
            guard crossing.depth <= AgentLimits.patchDepthMaximum else {
                self.counters.patchDepthExceeded.add()
                continue
            }
            guard let peer = self.patchPorts.cross(crossing.port, bytes: crossing.packet.count),
                let port = self.ports[peer.rawValue]
            else {
                self.counters.patchDrops.add()
                continue
            }
            self.counters.patchCrossings.add()
            queue += self.arrive(crossing, by: port, now: now)
        }
    }

    /// A packet comes into a bridge by a patch port; returns what it sends on through other patch ports.
    private func arrive(_ crossing: PatchCrossing, by port: PortMap.Entry, now: MonotonicTime) -> [PatchCrossing] {
        // As one that missed, so that rules are credited at once: no megaflow will count it.
        let upcall = Upcall(reason: .miss, key: crossing.key, packet: crossing.packet)
        let before = port.bridge.learningGeneration
        let batch = port.bridge.translate([upcall], ports: [(0, port.number)], now: now)
        if port.bridge.learningGeneration != before { self.noteLearning() }
        var work = TranslatedWork()
        for translation in batch.translations {
            self.counters.note(translation)
            self.perform(translation, on: crossing.packet, key: crossing.key, now: now, into: &work)
        }
        self.execute(work.executions)
        self.deliver(work.events)
        for index in work.crossings.indices { work.crossings[index].depth = crossing.depth + 1 }
        return work.crossings
    }
}
