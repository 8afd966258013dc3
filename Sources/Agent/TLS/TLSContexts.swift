import Logging
import NetworkTypes

/// The TLS contexts that a bridge's addresses need, each made once and renewed with its files.
struct TLSContexts: Sendable {
    /// For `ssl:`.
    private(set) var client: TLSContextStore?
    /// For `pssl:`.
    private(set) var server: TLSContextStore?

    /// Reads the files where an address needs them; throws a `configuration` error that names the file.
    init(
        configuration: TLSConfiguration?, addresses: [ControllerAddress], logger: Logger
    ) throws(AgentError) {
        for address in addresses where address.needsTLS {
            guard let configuration else {
                throw AgentError(
                    .configuration, "\(address) needs --private-key, --certificate and --ca-certificate")
            }
            do throws(TLSError) {
                switch address.direction {
                case .active where self.client == nil:
                    self.client = try TLSContextStore(configuration: configuration, role: .client, logger: logger)
                case .passive where self.server == nil:
                    self.server = try TLSContextStore(configuration: configuration, role: .server, logger: logger)
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
    ///
    /// - Parameters:
    ///   - address: where the channel leads, or where it came in.
    ///   - serverName: the controller's name where it is not the address's.
    func handler(for address: ControllerAddress, serverName: String? = nil) throws -> TLSHandler? {
        guard address.needsTLS else { return nil }
        guard let store = address.direction == .active ? self.client : self.server else {
            throw AgentError(.configuration, "\(address) has no keys and certificates")
        }
        let context = store.current()
        return try TLSHandler(
            context: context, peer: Self.peer(at: address, serverName: serverName, context.configuration))
    }

    /// What is said of the peer's name and demanded of its certificate.
    ///
    /// A server name is a DNS name: not sent for literal addresses (RFC 6066 §3), nor by listeners, whose peers may
    /// come from anywhere.
    static func peer(
        at address: ControllerAddress, serverName: String?, _ configuration: TLSConfiguration
    ) -> TLSPeer {
        guard address.direction == .active, case .tls(let host, _) = address.transport else { return TLSPeer() }
        guard let name = serverName ?? host else { return TLSPeer() }
        return TLSPeer(
            serverName: Self.isLiteral(name) ? nil : name, verifiedName: configuration.verifiesName ? name : nil)
    }

    /// Whether a host is an address rather than a name.
    static func isLiteral(_ host: String) -> Bool { host.contains(":") || IPv4Address(host) != nil }

    /// The certificates in use at present, ours and the authorities', each once.
    var certificatesInUse: [(what: String, certificate: TLSCertificate)] {
        var seen = Set<String>()
        return [self.client, self.server].compactMap { $0 }.flatMap { $0.current().certificatesInUse }
            .filter { seen.insert("\($0.what) \($0.certificate.serialNumber)").inserted }
    }

    /// How often changed files were taken into use.
    var reloads: UInt64 { (self.client?.reloads ?? 0) + (self.server?.reloads ?? 0) }

    /// The lines to log of certificates that expire soon.
    func expiryWarnings(nowSeconds: Int64, warningSeconds: Int64) -> [String] {
        let stores = [self.client, self.server].compactMap { $0 }
        var seen = Set<String>()
        return stores.flatMap {
            TLSCertificate.expiryWarnings(
                $0.current().certificatesInUse, nowSeconds: nowSeconds, warningSeconds: warningSeconds)
        }.filter { seen.insert($0).inserted }
    }
}
