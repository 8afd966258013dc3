/// By which names fields are written where a message may use either OpenFlow's or Nicira's.
enum FieldNames: Sendable {
    /// As the version of the message names them.
    case version
    /// By Nicira's where they have one.
    case nicira
    /// As the version names them, but the ingress port always in 32 bits.
    case properties

    func identifier(of field: MatchField, in version: OpenFlowVersion) -> OXMIdentifier? {
        switch self {
        case .version: field.identifier(in: version)
        case .nicira: field.identifier(in: .v1_0)
        case .properties: field == .inPort ? .basic(0) : field.identifier(in: version)
        }
    }
}

extension WireReader {
    mutating func entries(_ value: inout Match, names: FieldNames) throws(WireError) { try self.entries(&value) }

    mutating func fieldList(_ value: inout [MatchEntry]) throws(WireError) {
        value = []
        while self.remaining > 0 { value.append(try self.entry(.match).entry) }
    }

    mutating func selection(
        _ match: inout Match, cookie: inout Cookie, mask: inout UInt64
    ) throws(WireError) {
        match.entries.removeAll(keepingCapacity: true)
        match.longEntries = []
        (cookie, mask) = (.none, 0)
        var seen: Set<MatchField> = []
        var tracker = PrerequisiteTracker()
        while self.remaining > 0 {
            let start = self.offset
            if let hasMask = self.nextIsNiciraCookie {
                guard mask == 0 else { throw .refused(OpenFlowError(.matchDuplicateField, offset: start)) }
                try self.reserved(4)
                try self.field("cookie", &cookie)
                mask = .max
                if hasMask { try self.field("cookieMask", &mask) }
                guard cookie.rawValue & ~mask == 0 else {
                    throw .refused(OpenFlowError(.matchBadWildcards, offset: start))
                }
                continue
            }
            if try self.longEntry(into: &match, { seen.insert($0).inserted }) { continue }
            let (entry, prerequisite, _) = try self.entry(.match)
            guard seen.insert(entry.field).inserted else {
                throw .refused(OpenFlowError(.matchDuplicateField, offset: start))
            }
            guard prerequisite == .none || tracker.admits(prerequisite) else {
                throw .refused(OpenFlowError(.matchBadPrerequisite, offset: start))
            }
            guard entry.mask != 0 else { continue }
            tracker.note(entry)
            match.entries.append(entry)
        }
    }

    /// Whether a cookie comes next, and whether it has a mask; the number is also that of a field of one byte.
    private var nextIsNiciraCookie: Bool? {
        switch self.nextWord {
        case 0x0001_3c08: false
        case 0x0001_3d10: true
        default: nil
        }
    }
}

extension WireWriter {
    mutating func entries(_ value: inout Match, names: FieldNames) throws(WireError) {
        for entry in value.entries {
            guard let name = names.identifier(of: entry.field, in: self.version) else {
                throw .inexpressible(.matchField(entry.field))
            }
            try self.entry(entry, named: name)
        }
        try self.longEntries(value.longEntries)
    }

    mutating func fieldList(_ value: inout [MatchEntry]) throws(WireError) {
        for entry in value { try self.entry(entry) }
    }

    mutating func selection(
        _ match: inout Match, cookie: inout Cookie, mask: inout UInt64
    ) throws(WireError) {
        self.transportProtocol = match.exactValue(of: .ipProtocol).map { UInt8(truncatingIfNeeded: $0) }
        try self.entries(&match, names: .nicira)
        guard mask != 0 else { return }
        let isExact = mask == .max
        try self.constant("header", (isExact ? 0x0001_3c08 : 0x0001_3d10) as UInt32)
        try self.constant("cookie", cookie.rawValue & mask)
        if !isExact { try self.constant("cookieMask", mask) }
    }
}
