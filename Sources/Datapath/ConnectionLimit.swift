/// How many connections the tracker holds in a zone at once.
public struct ConnectionLimit: Sendable, Hashable {
    /// The zone; nil for every zone that has no limit of its own.
    public var zone: UInt16?
    /// At most so many; 0 for any number.
    public var limit: UInt32
    /// How many there are; 0 where that is not asked.
    public var count: UInt32

    /// Makes a limit.
    public init(zone: UInt16?, limit: UInt32, count: UInt32 = 0) {
        self.zone = zone
        self.limit = limit
        self.count = count
    }
}

/// A state in which a connection may be, for as long as its time-out says (`<linux/netfilter/nfnetlink_cttimeout.h>`).
public enum ConnectionTimeoutState: String, Sendable, CaseIterable {
    /// TCP, after a SYN.
    case tcpSynSent = "tcp-syn-sent"
    /// TCP, after SYN and ACK.
    case tcpSynReceived = "tcp-syn-recv"
    /// TCP, established.
    case tcpEstablished = "tcp-established"
    /// TCP, after a FIN.
    case tcpFinWait = "tcp-fin-wait"
    /// TCP, after a FIN that was acknowledged.
    case tcpCloseWait = "tcp-close-wait"
    /// TCP, after both FINs.
    case tcpLastAcknowledgement = "tcp-last-ack"
    /// TCP, after both were acknowledged.
    case tcpTimeWait = "tcp-time-wait"
    /// TCP, after a RST.
    case tcpClose = "tcp-close"
    /// TCP, after SYNs of both sides.
    case tcpSynSentTwice = "tcp-syn-sent2"
    /// TCP, with segments sent again and again.
    case tcpRetransmission = "tcp-retransmit"
    /// TCP, with segments that nobody acknowledges.
    case tcpUnacknowledged = "tcp-unack"
    /// UDP, before an answer.
    case udpSingle = "udp-single"
    /// UDP, with answers.
    case udpMultiple = "udp-multiple"
    /// ICMP and ICMPv6.
    case icmp = "icmp-first"

    /// The IP protocols that it is of.
    public var ipProtocols: [UInt8] {
        switch self {
        case .udpSingle, .udpMultiple: [17]
        case .icmp: [1, 58]
        default: [6]
        }
    }

    /// The kernel's number of the state within its protocol.
    var attribute: UInt16 {
        switch self {
        case .tcpSynSent, .udpSingle, .icmp: 1
        case .tcpSynReceived, .udpMultiple: 2
        case .tcpEstablished: 3
        case .tcpFinWait: 4
        case .tcpCloseWait: 5
        case .tcpLastAcknowledgement: 6
        case .tcpTimeWait: 7
        case .tcpClose: 8
        case .tcpSynSentTwice: 9
        case .tcpRetransmission: 10
        case .tcpUnacknowledged: 11
        }
    }
}

/// How long connections of a zone that packets are committed to live without packets; states that it does not name
/// have the kernel's own time-outs.
public struct ConnectionTimeoutPolicy: Sendable, Hashable {
    /// The zone.
    public var zone: UInt16
    /// Seconds, by state.
    public var seconds: [ConnectionTimeoutState: UInt32]

    /// Makes a policy.
    public init(zone: UInt16, seconds: [ConnectionTimeoutState: UInt32]) {
        self.zone = zone
        self.seconds = seconds
    }

    /// The IP protocols of which policies are made, with the address families that they are of.
    static let kinds: [(isIPv6: Bool, ipProtocol: UInt8)] = [
        (false, 6), (true, 6), (false, 17), (true, 17), (false, 1), (true, 58),
    ]

    /// The name under which the datapath has a zone's policy for connections of a protocol; nil for other protocols.
    public static func name(zone: UInt16, isIPv6: Bool, ipProtocol: UInt8) -> String? {
        guard Self.kinds.contains(where: { $0 == (isIPv6, ipProtocol) }) else { return nil }
        return "sluice-\(zone)-\(isIPv6 ? 6 : 4)-\(ipProtocol)"
    }
}
