/// The name of a field in an OXM or NXM header: class, field number and, for class 0xffff, the experimenter.
@frozen public struct OXMIdentifier: Hashable, Sendable, BitwiseCopyable {
    /// The class: 0x0000 and 0x0001 are NXM, 0x8000 is OpenFlow's own, 0xffff an experimenter's.
    public let oxmClass: UInt16
    /// The field's number in its class, 7 bits.
    public let number: UInt8
    /// The experimenter if the class is 0xffff, else 0.
    public let experimenter: UInt32

    /// Makes a name; see the properties.
    @inlinable public init(oxmClass: UInt16, number: UInt8, experimenter: UInt32 = 0) {
        self.oxmClass = oxmClass
        self.number = number
        self.experimenter = experimenter
    }

    /// Number of the class whose header is followed by an experimenter identifier.
    static let experimenterClass: UInt16 = 0xffff
    /// Nicira's experimenter number.
    static let niciraExperimenter: UInt32 = 0x0000_2320
    /// The Open Networking Foundation's experimenter number.
    static let onfExperimenter: UInt32 = 0x4f4e_4600
    /// The experimenter number of Nicira's network service header fields.
    static let serviceHeaderExperimenter: UInt32 = 0x005a_d650

    /// A field of OpenFlow's basic class.
    static func basic(_ number: UInt8) -> OXMIdentifier { OXMIdentifier(oxmClass: 0x8000, number: number) }
    /// A field of the packet register class.
    static func packetRegister(_ number: UInt8) -> OXMIdentifier {
        OXMIdentifier(oxmClass: 0x8001, number: number)
    }
    /// A field of class NXM_OF.
    static func nicira0(_ number: UInt8) -> OXMIdentifier { OXMIdentifier(oxmClass: 0, number: number) }
    /// A field of class NXM_NX.
    static func nicira1(_ number: UInt8) -> OXMIdentifier { OXMIdentifier(oxmClass: 1, number: number) }
    /// A field of Ericsson's class.
    static func ericsson(_ number: UInt8) -> OXMIdentifier { OXMIdentifier(oxmClass: 0x1000, number: number) }
    /// A field of Nicira's experimenter class.
    static func niciraExperimenter(_ number: UInt8) -> OXMIdentifier {
        OXMIdentifier(
            oxmClass: Self.experimenterClass, number: number, experimenter: Self.niciraExperimenter)
    }
    /// A field of the ONF's experimenter class.
    static func onf(_ number: UInt8) -> OXMIdentifier {
        OXMIdentifier(oxmClass: Self.experimenterClass, number: number, experimenter: Self.onfExperimenter)
    }
    /// A field of the network service header class.
    static func serviceHeader(_ number: UInt8) -> OXMIdentifier {
        OXMIdentifier(
            oxmClass: Self.experimenterClass, number: number, experimenter: Self.serviceHeaderExperimenter)
    }
}
