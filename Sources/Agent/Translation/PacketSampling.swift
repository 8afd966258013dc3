package import Datapath
package import OpenFlow
import Synchronization

/// What a sample is for: the same for all packets that one sample action takes, as far as its fields say the same.
package struct PacketSampling: Hashable, Sendable {
    /// The bridge that it is taken in.
    package var bridge: BridgeIdentifier
    /// The port that the packet came in by.
    package var inPort: PortNumber
    /// The set of collectors that it goes to.
    package var collectorSet: UInt32
    /// The observation domain reported.
    package var observationDomain: UInt32
    /// The observation point reported.
    package var observationPoint: UInt32
    /// The port that it is taken at; `any` for none.
    package var samplingPort: PortNumber
    /// Which way the packet goes there.
    package var direction: Sample.Direction
    /// How many packets of 65535 are sampled.
    package var probability: UInt16
}

/// A packet that was sampled.
package struct PacketSample: Sendable {
    /// What it is for.
    package var sampling: PacketSampling
    /// The frame as it was where the action is.
    package var packet: [UInt8]
    /// Its key; `inPort` is the datapath's number.
    package var key: FlowKey
    /// When it was taken.
    package var time: MonotonicTime
}

/// Whoever takes samples further: an exporter of IPFIX, a test.
package protocol SampleCollector: Sendable {
    /// Takes a sample; called by handler threads, to return at once.
    func collect(_ sample: PacketSample)
}

/// Where samples go: they are counted by set of collectors, and given to a collector where there is one; any thread.
package final class PacketSamples: Sendable {
    /// How many sets of collectors are counted apart; samples of further ones are counted together under `UInt32.max`.
    package static let setsMaximum = 4096

    private struct State {
        var collector: (any SampleCollector)?
        var counts: [UInt32: UInt64] = [:]
    }
    private let state = Mutex(State())

    /// No collector.
    package init() {}

    /// Sets the collector, or removes it.
    package func setCollector(_ collector: (any SampleCollector)?) { self.state.withLock { $0.collector = collector } }

    /// How many samples each set of collectors was to get.
    package var counts: [UInt32: UInt64] { self.state.withLock { $0.counts } }

    /// Counts a sample and passes it on.
    package func take(_ sample: PacketSample) {
        let collector = self.state.withLock { state in
            let set = sample.sampling.collectorSet
            let isCounted = state.counts[set] != nil || state.counts.count < Self.setsMaximum
            state.counts[isCounted ? set : .max, default: 0] &+= 1
            return state.collector
        }
        collector?.collect(sample)
    }
}

extension Translator {
    /// Nicira's sample: has the datapath give the handlers some of the packets, as they are now.
    ///
    /// Those for a set of collectors that has a group of psample stay in the kernel, where that can.
    mutating func sample(_ sample: Sample) {
        // Of 65535 to of 2³² − 1, exactly.
        let probability = UInt32(sample.probability) << 16 | UInt32(sample.probability)
        if let group = self.environment.forwarding.sampleGroups[sample.collectorSet] {
            if self.environment.capabilities.packetSampling, self.environment.capabilities.sampleNesting > 0 {
                let domain = UInt64(self.number(sample.observationDomain))
                let cookie = domain << 32 | UInt64(self.number(sample.observationPoint))
                self.commit()
                return self.append(.sample(probability: probability, [.packetSample(group: group, cookie: cookie)]))
            }
            self.recorder?.note(.note("the datapath has no psample: sampled to the agent"))
        }
        guard let samplings = self.environment.samplings, self.environment.capabilities.sampleNesting > 0 else {
            return self.omit(.unsupportedAction)
        }
        let sampling = PacketSampling(
            bridge: self.environment.bridge, inPort: self.inPort, collectorSet: sample.collectorSet,
            observationDomain: self.number(sample.observationDomain),
            observationPoint: self.number(sample.observationPoint), samplingPort: sample.samplingPort,
            direction: sample.direction, probability: sample.probability)
        guard let identifier = samplings.identifier(of: sampling, now: self.now) else {
            return self.omit(.unsupportedAction)
        }
        self.commit()
        let upcall = DatapathAction.userspace(userdata: UpcallCookie.sample(identifier).userdata)
        self.append(.sample(probability: probability, [upcall]))
    }

    /// A number of a sample; the result depends on the field that it is in.
    private mutating func number(_ identifier: Sample.Identifier) -> UInt32 {
        switch identifier {
        case .immediate(let number): number
        case .field(let slice):
            UInt32(truncatingIfNeeded: self.read(slice.field, offset: slice.offset, bitCount: slice.bitCount) ?? 0)
        }
    }
}

extension DatapathService {
    /// Takes samples out of a batch of upcalls.
    func takeSamples(_ upcalls: [Upcall], now: MonotonicTime) {
        for upcall in upcalls {
            guard case .action(let userdata) = upcall.reason,
                case .sample(let identifier)? = UpcallCookie(userdata: userdata)
            else { continue }
            guard let sampling = self.samplings.state(of: identifier) else {
                self.counters.unknownCookies.add()
                continue
            }
            self.counters.samples.add()
            self.samples.take(PacketSample(sampling: sampling, packet: upcall.packet, key: upcall.key, time: now))
        }
    }
}
