/// The Nicira actions, by subtype; they are the same in every version (ovs-actions(7), nicira-ext.h).
///
/// Left out, and refused as unknown, are the obsolete 3 (drop_spoofed_arp) and 11 (autopath), and 254 and 255, which
/// only serve tests of Open vSwitch.
enum NiciraActionType: UInt16, CaseIterable, Sendable {
    case resubmit = 1
    case setTunnel = 2
    case setQueue = 4
    case popQueue = 5
    case registerMove = 6
    case registerLoad = 7
    case note = 8
    case setTunnel64 = 9
    case multipath = 10
    case bundle = 12
    case bundleLoad = 13
    case resubmitTable = 14
    case outputRegister = 15
    case learn = 16
    case exit = 17
    case decrementTTL = 18
    case finTimeout = 19
    case controller = 20
    case decrementTTLNotifying = 21
    case writeMetadata = 22
    case pushMPLS = 23
    case popMPLS = 24
    case setMPLSTTL = 25
    case decrementMPLSTTL = 26
    case stackPush = 27
    case stackPop = 28
    case sample = 29
    case setMPLSLabel = 30
    case setMPLSTrafficClass = 31
    case outputRegister2 = 32
    case registerLoad2 = 33
    case conjunction = 34
    case connectionTracking = 35
    case addressTranslation = 36
    case controller2 = 37
    case sample2 = 38
    case outputTruncated = 39
    case group = 40
    case sample3 = 41
    case clone = 42
    case clearConnectionTracking = 43
    case resubmitTableTracked = 44
    case learn2 = 45
    case encapsulate = 46
    case decapsulate = 47
    case decrementServiceHeaderTTL = 48
    case checkPacketLarger = 49
    case deleteField = 50
    case sample4 = 51

    /// The ONF's number of COPY_FIELD for 1.3 and 1.4 (EXT-320), under the ONF's own experimenter number.
    static let onfCopyField: UInt16 = 3200
}
