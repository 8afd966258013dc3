/// Where a controller is, or where controllers may come in: the addresses that Open vSwitch's users write.
///
/// `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]` and `unix:PATH` are called by us; `ptcp:[PORT][:HOST]`,
/// `pssl:[PORT][:HOST]` and `punix:PATH` wait for others. HOST is a name, an IPv4 address or an IPv6 address in
/// brackets; PORT is 6653 unless given. A listener without a HOST listens on every address of the host; port 0
/// lets the kernel choose.
package struct ControllerAddress: Hashable, Sendable {
    /// Who calls whom.
    package enum Direction: Hashable, Sendable {
        /// We call the peer.
        case active
        /// The peer calls us.
        case passive
    }
    /// How bytes travel.
    package enum Transport: Hashable, Sendable {
        /// TCP. The host is nil for a listener on every address; an IPv6 address is without its brackets.
        case tcp(host: String?, port: UInt16)
        /// TLS over TCP.
        case tls(host: String?, port: UInt16)
        /// A unix stream socket, by its path.
        case unix(path: String)
    }
    /// Who calls whom.
    package var direction: Direction
    /// How bytes travel, and where to.
    package var transport: Transport

    /// Makes an address from its parts.
    package init(_ direction: Direction, _ transport: Transport) {
        self.direction = direction
        self.transport = transport
    }

    /// The port number that the IANA gave to OpenFlow.
    package static let defaultPort: UInt16 = 6653

    /// Whether it needs keys and certificates.
    package var needsTLS: Bool {
        if case .tls = self.transport { return true }
        return false
    }
}

extension ControllerAddress {
    /// Whether it is the socket that every bridge has in the run directory.
    package func isManagementSocket(of bridge: String) -> Bool {
        guard self.direction == .passive, case .unix(let path) = self.transport else { return false }
        return path.hasSuffix("/\(bridge).mgmt")
    }
}

extension ControllerAddress: CustomStringConvertible {
    /// The address as users write it, always with its port.
    package var description: String {
        let passive = self.direction == .passive
        switch self.transport {
        case .unix(let path): return (passive ? "punix:" : "unix:") + path
        case .tcp(let host, let port):
            return (passive ? "ptcp:" : "tcp:") + Self.describe(host, port, passive: passive)
        case .tls(let host, let port):
            return (passive ? "pssl:" : "ssl:") + Self.describe(host, port, passive: passive)
        }
    }

    private static func describe(_ host: String?, _ port: UInt16, passive: Bool) -> String {
        guard let host else { return "\(port)" }
        let written = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return passive ? "\(port):\(written)" : "\(written):\(port)"
    }
}

extension ControllerAddress {
    /// What is wrong with a text that should be an address; one line, lower case.
    package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong and what is allowed.
        package let description: String
    }

    /// Parses an address; throws what is wrong with it.
    package init(parsing text: String) throws(ParseError) {
        guard let colon = text.firstIndex(of: ":") else { throw Self.unknownKind(text) }
        let kind = text[..<colon]
        let rest = text[text.index(after: colon)...]
        switch kind {
        case "tcp", "ssl":
            let (host, port) = try Self.parseActive(rest, of: text)
            self.init(.active, kind == "tcp" ? .tcp(host: host, port: port) : .tls(host: host, port: port))
        case "ptcp", "pssl":
            let (host, port) = try Self.parsePassive(rest, of: text)
            self.init(.passive, kind == "ptcp" ? .tcp(host: host, port: port) : .tls(host: host, port: port))
        case "unix", "punix":
            guard !rest.isEmpty else { throw ParseError(description: "'\(text)' lacks a path") }
            guard rest.utf8.count <= AgentLimits.socketPathBytesMaximum else {
                throw ParseError(
                    description: "the path of '\(text)' is longer than \(AgentLimits.socketPathBytesMaximum) bytes")
            }
            self.init(kind == "unix" ? .active : .passive, .unix(path: String(rest)))
        default: throw Self.unknownKind(text)
        }
    }

    private static func unknownKind(_ text: String) -> ParseError {
        ParseError(
            description: "'\(text)' is not an address: expected tcp:HOST[:PORT], ssl:HOST[:PORT], unix:PATH, "
                + "ptcp:[PORT][:HOST], pssl:[PORT][:HOST] or punix:PATH")
    }

    /// Reads `HOST[:PORT]`.
    private static func parseActive(_ rest: Substring, of text: String) throws(ParseError) -> (String, UInt16) {
        let (host, after) = try Self.parseHost(rest, of: text)
        guard !host.isEmpty else { throw ParseError(description: "'\(text)' lacks a host") }
        guard let after else { return (host, Self.defaultPort) }
        let port = try Self.parsePort(after, of: text)
        guard port != 0 else { throw ParseError(description: "port 0 of '\(text)' cannot be called") }
        return (host, port)
    }

    /// Reads `[PORT][:HOST]`.
    private static func parsePassive(_ rest: Substring, of text: String) throws(ParseError) -> (String?, UInt16) {
        guard let colon = rest.firstIndex(of: ":") else {
            return (nil, rest.isEmpty ? Self.defaultPort : try Self.parsePort(rest, of: text))
        }
        let number = rest[..<colon]
        let port = number.isEmpty ? Self.defaultPort : try Self.parsePort(number, of: text)
        let (host, after) = try Self.parseHost(rest[rest.index(after: colon)...], of: text)
        guard after == nil else { throw ParseError(description: "'\(text)' goes on after its host") }
        guard !host.isEmpty else { throw ParseError(description: "'\(text)' lacks a host after its last colon") }
        return (host, port)
    }

    /// Splits a host from what follows its colon; brackets are taken off.
    private static func parseHost(_ text: Substring, of whole: String) throws(ParseError) -> (String, Substring?) {
        if text.first == "[" {
            guard let bracket = text.firstIndex(of: "]") else {
                throw ParseError(description: "'\(whole)' lacks a closing bracket")
            }
            let host = text[text.index(after: text.startIndex)..<bracket]
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.first == ":" else {
                throw ParseError(description: "'\(whole)' goes on after its closing bracket")
            }
            try Self.check(host: host, of: whole)
            return (String(host), after.isEmpty ? nil : after.dropFirst())
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let host = parts.first ?? ""
        guard parts.count < 2 || !parts[1].utf8.contains(UInt8(ascii: ":")) else {
            throw ParseError(description: "'\(whole)' has too many colons: an IPv6 address is written in brackets")
        }
        try Self.check(host: host, of: whole)
        return (String(host), parts.count < 2 ? nil : parts[1])
    }

    private static func check(host: Substring, of whole: String) throws(ParseError) {
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !"/[]".utf8.contains($0) }) else {
            throw ParseError(description: "the host of '\(whole)' has characters that no host has")
        }
        guard host.utf8.count <= 255 else {
            throw ParseError(description: "the host of '\(whole)' is longer than 255 bytes")
        }
    }

    private static func parsePort(_ text: Substring, of whole: String) throws(ParseError) -> UInt16 {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(text)
        else {
            throw ParseError(description: "'\(text)' in '\(whole)' is not a port: expected 1 to 65535")
        }
        return port
    }
}
