import NetworkTypes

@testable import OpenFlow

/// Random instances of Nicira's actions, each field within what the action allows.
extension WireGenerator {
    private mutating func chance() -> Bool { Bool.random(using: &self.random) }
    private mutating func small<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> T {
        T.random(in: range, using: &self.random)
    }
    private mutating func any<T: FixedWidthInteger>(_: T.Type) -> T { T(truncatingIfNeeded: self.random.next()) }
    private mutating func anyPort() -> PortNumber { PortNumber(rawValue16: self.any(UInt16.self)) }

    private static let nameable = MatchField.allCases.filter { $0 != .inPort && !$0.isVariableLength }
    private static let writable = nameable.filter(\.isWritable)
    private static let short = nameable.filter { $0.shortIdentifier != nil }
    private static let shortWritable = short.filter(\.isWritable)

    /// Some bits of a field; one whose name has four bytes if it is short.
    private mutating func anySlice(
        writable: Bool = false, bits: ClosedRange<Int> = 1...64, isShort: Bool = true
    ) -> FieldSlice {
        let candidates =
            isShort ? (writable ? Self.shortWritable : Self.short) : writable ? Self.writable : Self.nameable
        let fields = candidates.filter { $0.width >= bits.lowerBound }
        let field = fields[Int(self.random.next() % UInt64(fields.count))]
        let count = self.small(bits.lowerBound...min(bits.upperBound, field.width))
        let offset = self.small(0...(field.width - count))
        return FieldSlice(field, offset: UInt16(offset), bitCount: UInt16(count))
    }

    private mutating func anyResubmit() -> (PortNumber?, TableID?) {
        let port = PortNumber(rawValue: UInt32(self.small(UInt16(1)...0xfe00)))
        return (self.chance() ? port : nil, self.chance() ? TableID(rawValue: self.small(0...254)) : nil)
    }

    /// One action that only Nicira has; `depth` more may be nested in it.
    mutating func anyExtensionAction(depth: Int = 3) -> Action {
        switch self.random.next() % (self.version >= .v1_3 ? 26 : 23) {
        case 0:
            let (port, table) = self.anyResubmit()
            return .resubmitTracked(port: port, table: table)
        case 1, 2: return .learn(self.anyLearn())
        case 3, 4: return .connectionTracking(self.anyConnectionTracking())
        case 5: return .clearConnectionTracking
        case 6: return .multipath(self.anyMultipath())
        case 7, 8: return .bundle(self.anyBundle())
        case 9, 10: return .sample(self.anySample())
        case 11, 12:
            guard depth > 0 else { return .clone([]) }
            return .clone((0..<self.small(0...3)).map { _ in self.anyExtensionAction(depth: depth - 1) })
        case 13:
            return .checkPacketLarger(
                length: self.any(UInt16.self), result: self.anySlice(writable: true, bits: 1...1, isShort: false))
        case 14, 15: return self.anyControllerOutput().action
        case 16: return .pushStack(self.anySlice(bits: 1...128, isShort: false))
        case 17: return .popStack(self.anySlice(writable: true, bits: 1...128, isShort: false))
        case 18: return .decrementNetworkTTLNotifying((0..<self.small(0...7)).map { _ in self.any(UInt16.self) })
        case 19: return .writeMetadata(value: self.random.next(), mask: self.random.next())
        case 20: return .deleteField(self.anySlice(isShort: false).field)
        case 21: return .finTimeout(idleSeconds: self.any(UInt16.self), hardSeconds: self.any(UInt16.self))
        case 22: return .outputField(self.anySlice(isShort: false), maximumLength: self.any(UInt16.self))
        case 23: return .encapsulate(self.anyEncapsulation())
        case 24: return .decapsulate(packetType: self.any(UInt32.self))
        default: return .decrementServiceHeaderTTL
        }
    }

    private mutating func anyLearn() -> Learn {
        var learn = Learn()
        learn.idleTimeoutSeconds = self.any(UInt16.self)
        learn.hardTimeoutSeconds = self.any(UInt16.self)
        learn.priority = self.any(UInt16.self)
        learn.cookie = Cookie(rawValue: self.random.next())
        learn.flags = Learn.Flags(rawValue: self.small(0...3))
        learn.table = TableID(rawValue: self.small(0...254))
        learn.finIdleTimeoutSeconds = self.any(UInt16.self)
        learn.finHardTimeoutSeconds = self.any(UInt16.self)
        if self.chance() { learn.limit = self.any(UInt32.self) }
        if self.chance() {
            learn.flags.insert(.writeResult)
            learn.result = self.anySlice(writable: true, bits: 1...1, isShort: false)
        }
        learn.specifications = (0..<self.small(0...5)).map { _ in self.anySpecification() }
        return learn
    }

    private mutating func anySpecification() -> Learn.Specification {
        let target = self.anySlice(writable: true, bits: 1...128)
        let count = target.bitCount
        let immediate = UInt128(self.random.next()) << 64 | UInt128(self.random.next())
        let origin = self.anySlice(bits: Int(count)...Int(count))
        let destination: Learn.Destination =
            self.chance()
            ? .match(target.field, offset: target.offset) : .load(target.field, offset: target.offset)
        switch self.random.next() % 3 {
        case 0:
            return Learn.Specification(
                bitCount: count, source: .immediate(immediate >> UInt128(128 - Int(count))), destination: destination)
        case 1:
            return Learn.Specification(
                bitCount: count, source: .field(origin.field, offset: origin.offset), destination: destination)
        default:
            return Learn.Specification(
                bitCount: count, source: .field(origin.field, offset: origin.offset), destination: .output)
        }
    }

    private mutating func anyConnectionTracking() -> ConnectionTracking {
        var tracking = ConnectionTracking()
        if self.chance() { tracking.flags = self.chance() ? .commit : [.commit, .force] }
        tracking.zone = self.chance() ? .immediate(self.any(UInt16.self)) : .field(self.anySlice(bits: 16...16))
        if self.chance() { tracking.recirculationTable = TableID(rawValue: self.small(0...254)) }
        tracking.helperPort = self.small(0...1) * 21
        guard tracking.flags.contains(.commit) else {
            if self.chance() { tracking.actions = [.addressTranslation(AddressTranslation())] }
            return tracking
        }
        if self.chance() { tracking.actions.append(.addressTranslation(self.anyTranslation())) }
        if self.chance() {
            let mask = UInt128(self.random.next()) & 0xffff_ffff | 1
            tracking.actions.append(
                .setField(.connectionMark, value: UInt128(self.random.next()) & mask, mask: mask))
        }
        if self.chance() {
            tracking.actions.append(
                .copyField(
                    CopyField(
                        bitCount: 32, source: .register2, sourceOffset: 0, destination: .connectionLabel,
                        destinationOffset: self.small(0...96))))
        }
        return tracking
    }

    private mutating func anyTranslation() -> AddressTranslation {
        var translation = AddressTranslation()
        translation.flags = self.chance() ? .source : .destination
        if self.chance() { translation.flags.insert(.persistent) }
        if self.chance() { translation.flags.insert(self.chance() ? .portHash : .portRandom) }
        switch self.random.next() % 3 {
        case 0:
            let first = self.small(UInt32(1)...0xf000_0000)
            let last = IPv4Address(rawValue: first + self.small(0...0xff))
            translation.addresses = .ipv4(IPv4Address(rawValue: first), last: self.chance() ? last : nil)
        case 1:
            let first = UInt128(self.random.next() | 1) << 32
            let last = IPv6Address(rawValue: first + UInt128(self.any(UInt16.self)))
            translation.addresses = .ipv6(IPv6Address(rawValue: first), last: self.chance() ? last : nil)
        default: return translation
        }
        guard self.chance() else { return translation }
        let first = self.small(UInt16(1)...0xff00)
        translation.ports = .init(first, last: self.chance() ? first + self.small(0...0xff) : nil)
        return translation
    }

    private mutating func anyMultipath() -> Multipath {
        var multipath = Multipath()
        multipath.hashFields = HashFields.allCases.randomElement(using: &self.random) ?? .ethernetSource
        multipath.basis = self.any(UInt16.self)
        multipath.algorithm = Multipath.Algorithm.allCases.randomElement(using: &self.random) ?? .modulo
        multipath.argument = self.any(UInt32.self)
        multipath.destination = self.anySlice(writable: true)
        multipath.maximumLink = UInt16(truncatingIfNeeded: self.random.next())
        if multipath.destination.bitCount < 16 { multipath.maximumLink &= 1 << multipath.destination.bitCount &- 1 }
        return multipath
    }

    private mutating func anyBundle() -> PortBundle {
        var bundle = PortBundle()
        bundle.algorithm = self.chance() ? .activeBackup : .highestRandomWeight
        bundle.hashFields = HashFields.allCases.randomElement(using: &self.random) ?? .ethernetSource
        bundle.basis = self.any(UInt16.self)
        bundle.members = (0..<self.small(0...9)).map { _ in self.anyPort() }
        if self.chance() { bundle.destination = self.anySlice(writable: true, bits: 16...64) }
        return bundle
    }

    private mutating func anySample() -> Sample {
        var sample = Sample()
        sample.probability = self.small(1...0xffff)
        sample.collectorSet = self.any(UInt32.self)
        sample.observationDomain =
            self.chance() ? .immediate(self.any(UInt32.self)) : .field(self.anySlice(bits: 1...32))
        sample.observationPoint =
            self.chance() ? .immediate(self.any(UInt32.self)) : .field(self.anySlice(bits: 1...32))
        if self.chance() { sample.samplingPort = self.anyPort() }
        if self.chance() { sample.direction = self.chance() ? .ingress : .egress }
        return sample
    }

    private mutating func anyControllerOutput() -> ControllerOutput {
        var output = ControllerOutput()
        if self.chance() { output.maximumLength = self.any(UInt16.self) }
        if self.chance() { output.controllerID = self.any(UInt16.self) }
        output.reason = PacketInReason.allCases.randomElement(using: &self.random) ?? .applyAction
        if self.chance() { output.userData = self.bytes(upTo: 33) }
        output.isPausing = self.chance()
        if self.chance() { output.meter = MeterID(rawValue: self.any(UInt32.self)) }
        return output
    }

    private mutating func anyEncapsulation() -> Encapsulation {
        var encapsulation = Encapsulation()
        encapsulation.packetType = [0, 0x0001_894f, 0x0001_8847, 0x0001_8848][self.small(0...3)]
        encapsulation.headerBytes = self.any(UInt16.self)
        encapsulation.properties = (0..<self.small(0...3)).map { _ in
            switch self.random.next() % 3 {
            case 0: .serviceHeaderMetadataType(self.small(1...2))
            case 1: .mplsEtherType(self.any(UInt16.self))
            default:
                .serviceHeaderContext(
                    optionClass: self.any(UInt16.self), type: self.any(UInt8.self), value: self.bytes(upTo: 240))
            }
        }
        return encapsulation
    }
}
