import Logging
import NetworkTypes
import OpenFlow

/// What is wrong with the text of a setting; says what is allowed, without naming the setting.
package struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line, lower case.
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Reads the texts of settings, the same from a flag or from a file.
enum SettingParser {
    /// One of the cases of an enumeration, by its raw value.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String, of type: Choice.Type
    ) throws(SettingError) -> Choice {
        if let choice = Choice(rawValue: text) { return choice }
        let allowed = Choice.allCases.map { $0.rawValue }
        throw SettingError("'\(text)' is not allowed: expected \(Self.list(allowed))")
    }

    /// `true` or `false`.
    static func boolean(_ text: String) throws(SettingError) -> Bool {
        switch text {
        case "true": return true
        case "false": return false
        default: throw SettingError("'\(text)' is not allowed: expected true or false")
        }
    }

    /// A whole number of a range.
    static func integer(_ text: String, in range: ClosedRange<Int>) throws(SettingError) -> Int {
        guard Self.isDecimal(text), let number = Int(text), range.contains(number) else {
            throw SettingError("'\(text)' is not allowed: expected \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Something without white space; not empty.
    static func word(_ text: String) throws(SettingError) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw SettingError("'\(text)' is not allowed: expected text without white space")
        }
        return text
    }

    /// An IPv4 or IPv6 address.
    static func literalAddress(_ text: String) throws(SettingError) -> String {
        guard IPv4Address(text) != nil || IPv6Address(text) != nil else {
            throw SettingError("'\(text)' is not an IPv4 or IPv6 address")
        }
        return text
    }

    /// Addresses or ranges of them, separated by commas.
    static func prefixes(_ text: String) throws(SettingError) -> [AddressPrefix] {
        var prefixes: [AddressPrefix] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let prefix = AddressPrefix(String(part)) else {
                throw SettingError(
                    "'\(part)' is not a range of addresses: expected for instance 192.0.2.0/24 or 2001:db8::1")
            }
            prefixes.append(prefix)
        }
        return prefixes
    }

    /// A path; not empty.
    static func path(_ text: String) throws(SettingError) -> String {
        guard !text.isEmpty else { throw SettingError("a path is missing") }
        guard !text.utf8.contains(0) else { throw SettingError("a path has no zero bytes") }
        return text
    }

    /// A number of `ms`, `s`, `m` or `h`, such as `500ms`; `0` needs no unit.
    static func duration(_ text: String, allowing range: ClosedRange<Duration>, orZero: Bool = false)
        throws(SettingError) -> Duration
    {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text.dropFirst(digits.count)
        guard let count = Int64(digits) else {
            throw SettingError("'\(text)' is not a duration: expected for instance 500ms, 5s or 1m")
        }
        let milliseconds: Int64
        switch unit {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1_000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "" where count == 0: milliseconds = 1
        case "": throw SettingError("'\(text)' lacks a unit: expected for instance 500ms, 5s or 1m")
        default: throw SettingError("'\(text)' has an unknown unit: expected ms, s, m or h")
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: milliseconds)
        let duration = Duration.milliseconds(overflow ? .max : product)
        if orZero, duration == .zero { return duration }
        guard range.contains(duration) else {
            let bounds = "\(Self.describe(range.lowerBound)) to \(Self.describe(range.upperBound))"
            throw SettingError("'\(text)' is out of range: expected \(bounds)\(orZero ? ", or 0 for never" : "")")
        }
        return duration
    }

    /// A name that the kernel takes for a device: 1–15 bytes, no slash, colon or white space.
    static func deviceName(_ text: String) throws(SettingError) -> String {
        guard !text.isEmpty else { throw SettingError("a name is missing") }
        guard text.utf8.count <= AgentLimits.deviceNameBytesMaximum else {
            throw SettingError("'\(text)' is longer than \(AgentLimits.deviceNameBytesMaximum) bytes")
        }
        let isAllowed = text.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":")
        }
        guard isAllowed, text != ".", text != ".." else {
            throw SettingError("'\(text)' is not a device name: no white space, '/' or ':', not '.' or '..'")
        }
        return text
    }

    /// An OpenFlow port number that a device may have.
    static func portNumber(_ text: String) throws(SettingError) -> PortNumber {
        guard Self.isDecimal(text), let number = UInt32(text), number >= 1, number <= AgentLimits.portNumberMaximum
        else {
            throw SettingError(
                "'\(text)' is not a port number: expected 1 to \(AgentLimits.portNumberMaximum)")
        }
        return PortNumber(rawValue: number)
    }

    /// `DEVICE` or `DEVICE=NUMBER`, and options of the form `,NAME=VALUE` after that (``PortOptions``).
    static func port(_ text: String) throws(SettingError) -> BridgeConfiguration.Port {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var options = PortOptions()
        // A name may have a comma in it; options are those words at the end that are spelled as such.
        let count = parts.dropFirst().reversed().prefix { PortOptions.isOption($0) }.count
        for part in parts.suffix(count) { try options.read(part) }
        var port = try Self.numberedDevice(parts.dropLast(count).joined(separator: ","))
        try options.complete(&port)
        return port
    }

    private static func numberedDevice(_ text: String) throws(SettingError) -> BridgeConfiguration.Port {
        guard let equals = text.lastIndex(of: "=") else {
            return BridgeConfiguration.Port(device: try Self.deviceName(text))
        }
        let device = try Self.deviceName(String(text[..<equals]))
        let number = try Self.portNumber(String(text[text.index(after: equals)...]))
        return BridgeConfiguration.Port(device: device, number: number)
    }

    /// 1–16 hexadecimal digits, `0x` before them or not; not zero.
    static func datapathID(_ text: String) throws(SettingError) -> DatapathID {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        let isHexadecimal = digits.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
        }
        guard (1...16).contains(digits.utf8.count), isHexadecimal, let value = UInt64(digits, radix: 16) else {
            throw SettingError("'\(text)' is not a datapath id: expected 1 to 16 hexadecimal digits")
        }
        guard value != 0 else { throw SettingError("a datapath id of zero is not allowed") }
        return DatapathID(rawValue: value)
    }

    /// Names of versions, separated by commas.
    static func protocols(_ text: String) throws(SettingError) -> VersionSet {
        var versions: [OpenFlowVersion] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            versions.append(try Self.version(String(name)))
        }
        return VersionSet(versions: versions)
    }

    /// The name of a version.
    static func version(_ text: String) throws(SettingError) -> OpenFlowVersion {
        guard let version = OpenFlowVersion(text) else {
            let allowed = OpenFlowVersion.allCases.map { $0.description }
            throw SettingError("'\(text)' is not a protocol: expected \(Self.list(allowed))")
        }
        return version
    }

    /// An address of the direction wanted; `other` is where addresses of the other belong.
    static func address(
        _ text: String, _ direction: ControllerAddress.Direction, other: String
    ) throws(SettingError) -> ControllerAddress {
        let address: ControllerAddress
        do throws(ControllerAddress.ParseError) {
            address = try ControllerAddress(parsing: text)
        } catch {
            throw SettingError(error.description)
        }
        guard address.direction == direction else {
            let what = address.direction == .active ? "calls a peer" : "waits for peers"
            throw SettingError("'\(text)' \(what): it belongs to \(other)")
        }
        return address
    }

    /// A level, or a list of `PART=LEVEL` with at most one level for the rest, such as `connection=debug,info`.
    static func logLevels(_ text: String) throws(SettingError) -> LogLevels {
        var levels = LogLevels()
        var hasGeneral = false
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = item.firstIndex(of: "=") else {
                guard !hasGeneral else { throw SettingError("'\(text)' has more than one general level") }
                hasGeneral = true
                levels.general = try Self.logLevel(item)
                continue
            }
            let part = String(item[..<equals])
            guard LogLevels.parts.contains(part) else {
                throw SettingError("'\(part)' is not a part of the program: expected \(Self.list(LogLevels.parts))")
            }
            guard levels.byPart[part] == nil else { throw SettingError("'\(part)' has more than one level") }
            levels.byPart[part] = try Self.logLevel(item[item.index(after: equals)...])
        }
        return levels
    }

    private static func logLevel(_ text: Substring) throws(SettingError) -> Logger.Level {
        guard let level = Logger.Level(rawValue: String(text)) else {
            let allowed = Logger.Level.allCases.map { $0.rawValue }
            throw SettingError("'\(text)' is not a log level: expected \(Self.list(allowed))")
        }
        return level
    }

    /// `a, b or c`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func isDecimal(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func describe(_ duration: Duration) -> String {
        let milliseconds = duration.wholeNanoseconds / 1_000_000
        if milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000)h" }
        if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}
