import Glibc
import NIOCore

/// Sets what a connection's socket is to have; on the channel's event loop.
enum ConnectionSocket {
    /// The differentiated services code point of control traffic unless configured: CS6 (RFC 4594 §3.2), as Open
    /// vSwitch has it.
    static let defaultCodePoint: UInt8 = 48

    /// Sets the options of a TCP socket; those that a host does not know are left out.
    static func apply(_ settings: ConnectionSettings, to channel: any Channel) {
        guard let options = channel.syncOptions else { return }
        func set(_ level: NIOBSDSocket.OptionLevel, _ name: CInt, _ value: Int) {
            let option = ChannelOptions.Types.SocketOption(level: level, name: NIOBSDSocket.Option(rawValue: name))
            try? options.setOption(option, value: SocketOptionValue(value))
        }
        set(.tcp, CInt(TCP_NODELAY), 1)
        // What the peer has not taken yet shall wait with us, where packet-ins are shed, not in the kernel.
        set(.tcp, CInt(TCP_NOTSENT_LOWAT), AgentLimits.unsentBytesInKernel)
        // Traffic class in both families: the one that the socket is not of says no.
        let trafficClass = Int(settings.codePoint ?? Self.defaultCodePoint) << 2
        set(.ip, CInt(IP_TOS), trafficClass)
        set(.ipv6, CInt(IPV6_TCLASS), trafficClass)
        guard let keepalive = settings.keepalive, keepalive > .zero else { return }
        let seconds = Int(max(1, min(keepalive.components.seconds, 32_767)))
        set(.socket, CInt(SO_KEEPALIVE), 1)
        set(.tcp, CInt(TCP_KEEPIDLE), seconds)
        set(.tcp, CInt(TCP_KEEPINTVL), max(1, seconds / 3))
        set(.tcp, CInt(TCP_KEEPCNT), 3)
    }
}
