import NetworkTypes

/// The TLS contexts that a bridge's addresses need, each made once.
struct TLSContexts: Sendable {
    /// For `ssl:`.
    private(set) var client: TLSContext?
    /// For `pssl:`.
    private(set) var server: TLSContext?

    /// Reads the files where an address needs them; throws a `configuration` error that names the file.
    init(configuration: TLSConfiguration?, addresses: [ControllerAddress]) throws(AgentError) {
        for address in addresses where address.needsTLS {
            guard let configuration else {
                throw AgentError(
                    .configuration, "\(address) needs --private-key, --certificate and --ca-certificate")
            }
            do throws(TLSError) {
                switch address.direction {
                case .active where self.client == nil:
                    self.client = try TLSContext(configuration: configuration, role: .client)
                case .passive where self.server == nil:
                    self.server = try TLSContext(configuration: configuration, role: .server)
                default: break
                }
            } catch {
                throw AgentError(.configuration, error.description)
            }
        }
    }

    /// No context: for bridges without TLS.
    init() {}

    /// The handler that a channel of this address needs, or nil for plain ones.
    func handler(for address: ControllerAddress) throws -> TLSHandler? {
        guard case .tls(let host, _) = address.transport else { return nil }
        guard let context = address.direction == .active ? self.client : self.server else {
            throw AgentError(.configuration, "\(address) has no keys and certificates")
        }
        // A server name is a DNS name: not sent for literal addresses (RFC 6066 §3), nor by listeners.
        let isName = host.map { name in !name.contains(":") && IPv4Address(name) == nil } ?? false
        return try TLSHandler(context: context, serverName: address.direction == .active && isName ? host : nil)
    }
}
