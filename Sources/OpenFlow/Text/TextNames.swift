/// Names of ports and tables that stand for their numbers in text, as ovs-ofctl has them with `--names`.
///
/// A name that two ports, or two tables, share stands for none, and neither does an empty one. In text a name that is
/// not letters, digits and underscores, or that means something else there, stands in quotes as a JSON string:
/// `in_port="eth0.5"`. Reserved ports keep their own names.
public struct TextNames: Hashable, Sendable {
    private let ports: [PortNumber: String]
    private let tables: [TableID: String]
    private let portsByName: [String: PortNumber]
    private let tablesByName: [String: TableID]

    /// No names: ports and tables are numbers.
    public static let none = TextNames()

    /// Makes names of those that stand for one number each.
    public init(ports: [PortNumber: String] = [:], tables: [TableID: String] = [:]) {
        (self.ports, self.portsByName) = Self.unambiguous(ports.filter { $0.key.isOrdinary })
        (self.tables, self.tablesByName) = Self.unambiguous(tables.filter { $0.key != .all })
    }

    private static func unambiguous<Number: Hashable>(
        _ names: [Number: String]
    ) -> (names: [Number: String], numbers: [String: Number]) {
        let counts = Dictionary(names.values.map { ($0, 1) }, uniquingKeysWith: +)
        let kept = names.filter { !$0.value.isEmpty && counts[$0.value] == 1 }
        return (kept, Dictionary(uniqueKeysWithValues: kept.map { ($0.value, $0.key) }))
    }

    /// The name of a port as it stands in text; nil where it has none.
    func text(of port: PortNumber) -> String? {
        self.ports[port].map { Self.quoted($0, isTaken: PortNumber.named[$0.lowercased()] != nil) }
    }

    /// The name of a table as it stands in text; nil where it has none.
    func text(of table: TableID) -> String? {
        self.tables[table].map { Self.quoted($0, isTaken: $0.lowercased() == "all") }
    }

    func port(named name: String) -> PortNumber? { self.portsByName[name] }
    func table(named name: String) -> TableID? { self.tablesByName[name] }

    private static func quoted(_ name: String, isTaken: Bool) -> String {
        let isPlain = name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        // A field's name means the field where both may stand; so does an action's.
        let isWord = isTaken || MatchField.byName[name.lowercased()] != nil || Self.words.contains(name)
        return isPlain && !isWord ? name : StructureValue.text(name).json
    }

    /// Words that may stand where a port alone is an action.
    private static let words: Set<String> = [
        "drop", "exit", "ct_clear", "dec_ttl", "dec_mpls_ttl", "dec_nsh_ttl", "pop_vlan", "strip_vlan", "pop_pbb",
        "pop_queue", "copy_ttl_in", "copy_ttl_out", "clear_actions", "note", "clone", "decap", "ct", "any", "all",
    ]
}

/// What text is read or printed for, beside the value itself.
struct TextContext: Sendable {
    /// The names of ports and tables.
    var names = TextNames.none
    /// The version that a whole message was read in: setters are then told by the actions that it has, and registers
    /// by those of 32 bits, as ovs-ofctl does; nil where text is to be read back to the same value.
    var version: OpenFlowVersion?

    /// Bound around a call, never set otherwise: descriptions have no arguments.
    @TaskLocal static var current = TextContext()
}

extension TextNames {
    /// Runs `body`, in which text is read and printed with these names.
    public func applied<Value>(_ body: () throws(TextError) -> Value) throws(TextError) -> Value {
        var context = TextContext.current
        context.names = self
        let result = TextContext.$current.withValue(context) { () -> Result<Value, TextError> in
            do throws(TextError) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// What `body` prints with these names.
    public func printed(_ body: () -> String) -> String {
        var context = TextContext.current
        context.names = self
        return TextContext.$current.withValue(context, operation: body)
    }
}

extension PortNumber {
    /// The port's name where it is known, in quotes where it must be; else the number, or the reserved port's name.
    var text: String { TextContext.current.names.text(of: self) ?? self.description }
}

extension TableID {
    /// The table's name where it is known, in quotes where it must be; else the number.
    var text: String { TextContext.current.names.text(of: self) ?? String(self.rawValue) }
}

extension TextPart {
    /// A port by number, by the name of a reserved one, or by a name that is known; one in quotes is always the last.
    func port() throws(TextError) -> PortNumber {
        let names = TextContext.current.names
        if self[0] == UInt8(ascii: "\"") {
            guard let port = self.unquoted.flatMap({ names.port(named: $0) }) else { throw self.error("a port's name") }
            return port
        }
        if let number = self.number, number <= 0xffff_ffff {
            // 16-bit numbers of reserved ports mean the same as the 32-bit ones, as in 1.0.
            if (0xff00...0xffff).contains(number) { return PortNumber(rawValue16: UInt16(truncatingIfNeeded: number)) }
            return PortNumber(rawValue: UInt32(truncatingIfNeeded: number))
        }
        guard let port = PortNumber.named[self.lowercased] ?? names.port(named: self.text) else {
            throw self.error("a port number or one of \(PortNumber.named.keys.sorted().joined(separator: ", "))")
        }
        return port
    }

    /// Whether ``port()`` would read it.
    var isPort: Bool {
        if self[0] == UInt8(ascii: "\"") { return true }
        let isKnown = PortNumber.named[self.lowercased] != nil
        return self.number != nil || isKnown || TextContext.current.names.port(named: self.text) != nil
    }

    /// A table by number or by a name that is known.
    func table() throws(TextError) -> TableID {
        let names = TextContext.current.names
        if let name = self[0] == UInt8(ascii: "\"") ? self.unquoted : self.text, let table = names.table(named: name),
            self.number == nil
        {
            return table
        }
        return TableID(rawValue: try self.integer("a table"))
    }

    /// Where the quoted string that begins at `start` ends: the index after its last quote; nil if it has none.
    func endOfQuotes(from start: Int) -> Int? {
        var index = start + 1
        while let byte = self[index] {
            if byte == UInt8(ascii: "\"") { return index + 1 }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// What a JSON string means; nil if the part is none.
    private var unquoted: String? {
        guard self.count >= 2, self.endOfQuotes(from: 0) == self.count else { return nil }
        var bytes: [UInt8] = []
        var index = 1
        while index < self.count - 1, let byte = self[index] {
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escape = self[index] else { return nil }
            index += 1
            switch escape {
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
            case UInt8(ascii: "u"):
                guard index + 4 < self.count, let code = UInt32(self.part(index, index + 4).text, radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { return nil }
                bytes += Array(String(Character(scalar)).utf8)
                index += 4
            default: return nil
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension FlowMod {
    /// Reads a flow as ``init(text:command:)`` does, with names of ports and tables.
    public init(text: String, command: Command = .add, names: TextNames) throws(TextError) {
        self = try names.applied { () throws(TextError) in try FlowMod(text: text, command: command) }
    }
}

extension Match {
    /// Reads a match as ``init(text:)`` does, with names of ports.
    public init(text: String, names: TextNames) throws(TextError) {
        self = try names.applied { () throws(TextError) in try Match(text: text) }
    }
}

extension [Action] {
    /// Reads actions as ``init(text:)`` does, with names of ports and tables.
    public init(text: String, names: TextNames) throws(TextError) {
        self = try names.applied { () throws(TextError) in try [Action](text: text) }
    }
}

extension Message {
    /// The message as ``text(version:transactionID:)`` prints it, with names of ports and tables.
    public func text(version: OpenFlowVersion, transactionID: TransactionID, names: TextNames) -> String {
        names.printed { self.text(version: version, transactionID: transactionID) }
    }
}
