/// A meter at work: one exact token bucket per band.
///
/// A value without a clock: times are nanoseconds of any clock that does not go back; an earlier time than the last
/// adds nothing. A bucket begins full. A packet that finds enough tokens in a band's bucket takes them; one that does
/// not exceeds the band and takes none. Tokens are counted in billionths of a packet, or millionths of a bit, so that
/// nothing is lost to rounding however often packets come.
package struct MeterBuckets: Sendable, Equatable {
    /// What is to be done with a packet.
    package enum Verdict: Sendable, Hashable {
        /// Nothing.
        case pass
        /// It is dropped.
        case drop
        /// Its drop precedence is raised by so much.
        case remark(precedenceLevel: UInt8)
    }
    private struct Bucket: Equatable {
        var tokens: UInt64
        var capacity: UInt64
        var rate: UInt64

        /// Adds what has come in so many nanoseconds.
        mutating func fill(_ nanoseconds: UInt64) {
            let (gain, overflow) = nanoseconds.multipliedReportingOverflow(by: self.rate)
            let missing = self.capacity - self.tokens
            self.tokens = overflow || gain >= missing ? self.capacity : self.tokens + gain
        }
    }

    /// What it was made from.
    package let meter: DatapathMeter
    /// What it has counted.
    package private(set) var counters: MeterCounters
    private var buckets: [Bucket]
    private var last: UInt64

    /// Makes a meter whose buckets are full at `now`.
    package init(_ meter: DatapathMeter, now: UInt64) {
        self.meter = meter
        self.last = now
        self.counters = MeterCounters(bands: meter.bands.map { _ in MeterCounters.Traffic() })
        self.buckets = meter.bands.map { band in
            let burst = UInt64(band.burst == 0 ? band.rate : band.burst)
            return Bucket(
                tokens: burst * 1_000_000_000, capacity: burst * 1_000_000_000, rate: UInt64(band.rate))
        }
    }

    /// Measures a packet of so many bytes that comes at `now`.
    package mutating func measure(bytes: Int, now: UInt64) -> Verdict {
        let elapsed = now > self.last ? now - self.last : 0
        self.last = max(self.last, now)
        let bytes = UInt64(clamping: bytes)
        self.counters.input.packets &+= 1
        self.counters.input.bytes &+= bytes
        // A rate of 1 kb/s is 10^-6 bits a nanosecond; a frame's bits in millionths stay far below 2^64.
        let cost: UInt64 = self.meter.unit == .packets ? 1_000_000_000 : min(bytes, 1 << 32) * 8_000_000
        var exceeded: Int?
        for index in self.buckets.indices {
            self.buckets[index].fill(elapsed)
            if self.buckets[index].tokens >= cost {
                self.buckets[index].tokens -= cost
            } else if exceeded == nil || self.meter.bands[index].rate > self.meter.bands[exceeded ?? 0].rate {
                exceeded = index
            }
        }
        guard let exceeded else { return .pass }
        self.counters.bands[exceeded].packets &+= 1
        self.counters.bands[exceeded].bytes &+= bytes
        switch self.meter.bands[exceeded].kind {
        case .drop: return .drop
        case .remark(let level): return .remark(precedenceLevel: level)
        }
    }
}

/// Drop precedence of assured forwarding (RFC 2597 §6): code points 8c + 2p, class c of 1–4, precedence p of 1–3.
package enum AssuredForwarding {
    /// The type of service with the precedence raised by `level`, 3 at most; any other class is left as it is.
    package static func raise(typeOfService: UInt8, by level: UInt8) -> UInt8 {
        let codePoint = typeOfService >> 2
        let trafficClass = codePoint >> 3
        let precedence = codePoint >> 1 & 3
        guard (1...4).contains(trafficClass), precedence > 0, codePoint & 1 == 0 else { return typeOfService }
        let raised = min(3, precedence + min(level, 3))
        return (trafficClass << 3 | raised << 1) << 2 | typeOfService & 3
    }
}
