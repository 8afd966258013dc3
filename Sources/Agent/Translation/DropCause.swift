package import OpenFlow

/// Why translation dropped a packet, or the copy of it that an action was to send.
///
/// Every drop that translation decides on has exactly one of these; the datapath counts its own apart.
package enum DropCause: UInt8, CaseIterable, Hashable, Sendable {
    /// No rule of the table matched, and no controller wants to see such packets.
    case noMatchingRule
    /// The rules that matched send the packet nowhere.
    case noOutput
    /// It is an IP fragment, and fragments are dropped (OFPC_FRAG_DROP).
    case fragment
    /// It came in by a port that the switch does not have.
    case unknownInPort
    /// The configuration of the port it came in by forbids receiving (OFPPC_PORT_DOWN, OFPPC_NO_RECV).
    case receptionForbidden
    /// An action sends it to a port that the switch does not have.
    case missingPort
    /// The configuration of the port it was to leave by forbids that (OFPPC_PORT_DOWN, OFPPC_NO_FWD).
    case outputForbidden
    /// An action sends it back to the port it came in by without naming IN_PORT.
    case outputToInPort
    /// Its time to live is over.
    case expiredTTL
    /// An action that is not carried out was to send it.
    case unsupportedAction
    /// Resubmits are nested deeper than ``TranslationLimits/depth``.
    case depthExceeded
    /// It needs more table lookups than ``TranslationLimits/lookups``.
    case tooManyLookups
    /// It needs more datapath actions than ``TranslationLimits/actions``.
    case tooManyActions
    /// It has, or shall get, more VLAN tags than translation keeps track of.
    case tooManyVLANTags
    /// It shall get more MPLS labels than ``LabelStack/limit``.
    case tooManyLabels
    /// Its stack has no room for what an action pushes.
    case stackOverflow
    /// NORMAL: its destination is reserved for bridges themselves (IEEE 802.1D table 7-10).
    case reservedAddress
    /// NORMAL: its destination is behind the port it came in by.
    case destinationBehindInPort
    /// NORMAL: its VLAN is not one of the port it came in by.
    case vlanForbidden
    /// No bucket of the group can take it.
    case noLiveBucket
    /// A group is not there, or its buckets lead back to it.
    case groupUnavailable
    /// It was on its way back from the datapath, and what was to be done with it is no longer known.
    case recirculationLost
    /// The datapath cannot recirculate, or no identifier is left.
    case recirculationUnavailable
    /// The datapath cannot track connections.
    case connectionTrackingUnavailable
    /// It was to leave by a tunnel whose remote end the flow sets, and no flow has.
    case tunnelWithoutRemote
    /// It was to leave by a tunnel with more than 252 bytes of options.
    case tooManyTunnelOptions
    /// A header was to be added that cannot stand before such a packet, or removed that the packet does not begin with,
    /// or behind which nothing is that has a name.
    case unsupportedPacketType
    /// It has no Ethernet header, and was to leave by a port that carries Ethernet frames alone.
    case portCarriesEthernet
    /// It came in by the port that a mirror sends copies to.
    case mirrorOutput
    /// The packet went on to another bridge whose port is not there.
    case patchPeerMissing
    /// It has gone through ``AgentLimits/patchDepthMaximum`` patch ports, or it and its copies have gone through
    /// ``AgentLimits/patchCrossingsMaximum``.
    case tooManyPatchPorts

    /// The words in statistics and traces.
    package var text: String {
        switch self {
        case .noMatchingRule: "no rule matches"
        case .noOutput: "no output among the actions"
        case .fragment: "fragments are dropped"
        case .unknownInPort: "unknown ingress port"
        case .receptionForbidden: "reception forbidden by the port's configuration"
        case .missingPort: "output to a port that is not there"
        case .outputForbidden: "output forbidden by the port's configuration"
        case .outputToInPort: "output to the ingress port"
        case .expiredTTL: "time to live is over"
        case .unsupportedAction: "action not supported"
        case .depthExceeded: "resubmits nested too deeply"
        case .tooManyLookups: "too many table lookups"
        case .tooManyActions: "too many actions"
        case .tooManyVLANTags: "too many VLAN tags"
        case .tooManyLabels: "too many MPLS labels"
        case .stackOverflow: "stack is full"
        case .reservedAddress: "destination reserved for bridges"
        case .destinationBehindInPort: "destination behind the ingress port"
        case .vlanForbidden: "VLAN not allowed on the ingress port"
        case .noLiveBucket: "no live bucket in the group"
        case .groupUnavailable: "group missing or in a loop"
        case .recirculationLost: "recirculated with a state that is gone"
        case .recirculationUnavailable: "recirculation not possible"
        case .connectionTrackingUnavailable: "connection tracking not possible"
        case .tunnelWithoutRemote: "tunnel without a remote address"
        case .tooManyTunnelOptions: "more tunnel options than fit"
        case .unsupportedPacketType: "header not for packets of this type"
        case .portCarriesEthernet: "without an Ethernet header, to a port that carries Ethernet"
        case .mirrorOutput: "came in by a mirror's output port"
        case .patchPeerMissing: "patch port without a peer"
        case .tooManyPatchPorts: "too many patch ports"
        }
    }
}

/// A drop: why, and in which table.
package struct DropRecord: Hashable, Sendable {
    /// The table whose rule, or whose lack of one, led to it.
    package var table: TableID
    /// Why.
    package var cause: DropCause
    /// Makes a record.
    package init(table: TableID, cause: DropCause) {
        self.table = table
        self.cause = cause
    }
}

extension TranslationError {
    /// What a translation that was given up for this is counted as.
    package var dropCause: DropCause {
        switch self {
        case .depthExceeded: .depthExceeded
        case .tooManyLookups: .tooManyLookups
        case .tooManyActions: .tooManyActions
        case .unknownInPort: .unknownInPort
        case .tooManyVLANTags: .tooManyVLANTags
        }
    }
}

extension Translator {
    /// Drops the packet, or a copy of it.
    mutating func drop(_ cause: DropCause) {
        let record = DropRecord(table: self.context.table, cause: cause)
        if !self.result.drops.contains(record) { self.result.drops.append(record) }
        self.recorder?.note(.dropped(record))
    }

    /// Gives a packet that was sent nowhere its cause.
    mutating func explainDrop() {
        if let error = self.result.error {
            self.result.drops = [DropRecord(table: self.context.table, cause: error.dropCause)]
        } else if !self.hasSent, self.result.drops.isEmpty {
            self.result.drops = [
                self.expectedDrop ?? DropRecord(table: self.lastRule.table, cause: .noOutput)
            ]
        } else {
            return
        }
        for record in self.result.drops { self.recorder?.note(.dropped(record)) }
    }
}
