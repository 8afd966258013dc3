import Datapath
import NetworkTypes
import OpenFlow

extension PortDescription {
    /// What controllers are told of a device: address, state, speeds.
    ///
    /// Number and config stay the port's own.
    init(interface: NetworkInterface) {
        self.init(name: interface.name)
        self.apply(interface)
    }

    /// Takes over what the device says of itself; administrative state goes to `configuration`, the carrier to `state`.
    mutating func apply(_ interface: NetworkInterface) {
        self.hardwareAddress = interface.hardwareAddress
        if interface.isUp { self.configuration.remove(.portDown) } else { self.configuration.insert(.portDown) }
        self.state = interface.isRunning ? [.live] : [.linkDown]
        guard let link = interface.link else { return }
        self.current = PortFeatures(current: link)
        self.supported = PortFeatures(linkModes: link.supportedModes)
        self.advertised = PortFeatures(linkModes: link.advertisedModes)
        self.peer = PortFeatures(linkModes: link.peerModes)
        let (speed, overflow) = link.speedMegabits.multipliedReportingOverflow(by: 1000)
        self.currentSpeedKilobits = overflow ? .max : speed
        self.maximumSpeedKilobits = max(self.supported.greatestSpeedKilobits, self.currentSpeedKilobits)
    }
}

extension PortFeatures {
    /// Rows of `<linux/ethtool.h>`, `enum ethtool_link_mode_bit_indices`: bits of a link mode mask, and what they mean
    /// in OpenFlow.
    ///
    /// Rates that OpenFlow has no bit for count as another rate.
    private static let rows: [(bits: UInt64, feature: PortFeatures)] = [
        (1 << 0, .half10Mb), (1 << 1, .full10Mb), (1 << 2, .half100Mb), (1 << 3, .full100Mb),
        (1 << 4, .half1Gb), (1 << 5 | 1 << 17 | 1 << 41, .full1Gb), (1 << 6, .autonegotiation),
        (1 << 7 | 1 << 8 | 1 << 9 | 1 << 11, .copper), (1 << 10, .fiber), (1 << 13, .pause),
        (1 << 14, .asymmetricPause),
        (1 << 12 | 0b111 << 18 | 0b1_1111 << 42, .full10Gb), (0b1111 << 23, .full40Gb), (0b1111 << 36, .full100Gb),
        (1 << 15 | 0b11 << 21 | 0b1111 << 27 | 0b111 << 31 | 0b11 << 34 | 1 << 40 | 0b11 << 47, .otherRate),
    ]

    /// The features in bits 0–63 of a link mode mask (`ETHTOOL_LINK_MODE_*`).
    init(linkModes: UInt64) {
        self = []
        for (bits, feature) in Self.rows where linkModes & bits != 0 { self.insert(feature) }
    }

    /// The features of the mode in use.
    init(current link: NetworkInterface.LinkSettings) {
        self =
            switch (link.speedMegabits, link.isFullDuplex) {
            case (0, _), (.max, _): []
            case (10, let full): full ? .full10Mb : .half10Mb
            case (100, let full): full ? .full100Mb : .half100Mb
            case (1_000, let full): full ? .full1Gb : .half1Gb
            case (10_000, _): .full10Gb
            case (40_000, _): .full40Gb
            case (100_000, _): .full100Gb
            case (1_000_000, _): .full1Tb
            default: .otherRate
            }
        // `<linux/ethtool.h>` PORT_TP, PORT_FIBRE, PORT_DA.
        switch link.connector {
        case 0, 5: self.insert(.copper)
        case 3: self.insert(.fiber)
        default: break
        }
        if link.isAutonegotiated { self.insert(.autonegotiation) }
    }

    /// The greatest rate among the features, in kbit/s; 0 without one.
    var greatestSpeedKilobits: UInt32 {
        let rates: [(PortFeatures, UInt32)] = [
            (.full1Tb, 1_000_000_000), (.full100Gb, 100_000_000), (.full40Gb, 40_000_000), (.full10Gb, 10_000_000),
            ([.full1Gb, .half1Gb], 1_000_000), ([.full100Mb, .half100Mb], 100_000), ([.full10Mb, .half10Mb], 10_000),
        ]
        return rates.first { !self.isDisjoint(with: $0.0) }?.1 ?? 0
    }
}
