import Logging
import OpenFlow

// What a session says of how it wants to be spoken to: asynchronous configuration, switch configuration, Nicira's.
extension OpenFlowSwitch {
    /// SET_ASYNC (1.3 §7.3.10): kinds that the request does not say stay as they are.
    func handle(_ config: AsyncConfig, _ context: RequestContext) throws(OpenFlowError) {
        context.session.isIdentified = true
        for kind in AsyncConfig.Kind.allCases {
            for role in [ControllerRole.primary, .secondary] {
                guard let mask = config[kind, role] else { continue }
                context.session.asyncConfig[kind, role] = mask
            }
        }
    }

    /// What GET_ASYNC_REPLY says to a session: 1.5 has two kinds more than 1.4.
    static func asyncConfig(of session: ControllerSession) -> AsyncConfig {
        var config = session.asyncConfig
        guard session.version < .v1_5 else { return config }
        for kind in [AsyncConfig.Kind.flowStatistics, .controllerStatus] {
            config[kind, .primary] = nil
            config[kind, .secondary] = nil
        }
        return config
    }

    /// SET_CONFIG (1.0 §5.3.2): fragments for the switch, the rest for the session.
    func handle(_ config: SwitchConfig, _ context: RequestContext) throws(OpenFlowError) {
        let session = context.session
        let bits = config.flags.intersection(.fragmentMask).rawValue
        guard let handling = FragmentHandling(rawValue: bits), handling != .reassemble else {
            throw OpenFlowError(.switchConfigBadFlags, value: UInt64(config.flags.rawValue))
        }
        session.missSendLength = config.missSendLength
        session.isIdentified = true
        session.wantsPacketIns = true
        if context.version == .v1_1 || context.version == .v1_2 {
            let bit = UInt32(1) << UInt32(PacketInReason.invalidTTL.rawValue)
            var mask = session.asyncConfig[.packetIn, .primary] ?? 0
            if config.flags.contains(.invalidTTLToController) { mask |= bit } else { mask &= ~bit }
            session.asyncConfig[.packetIn, .primary] = mask
        }
        self.updateMissHandling(now: context.now)
        // A secondary controller may say how much of packets it wants, but not change the switch.
        if session.role != .secondary, handling != self.pipeline.read({ $0.fragmentHandling }) {
            self.commit(by: context.origin, now: context.now) { $0.setFragmentHandling(handling) }
        }
    }

    /// What GET_CONFIG_REPLY says to a session.
    func switchConfig(for session: ControllerSession) -> SwitchConfig {
        var flags = SwitchConfig.Flags(rawValue: self.pipeline.read { $0.fragmentHandling.rawValue })
        let bit = UInt32(1) << UInt32(PacketInReason.invalidTTL.rawValue)
        if session.version == .v1_1 || session.version == .v1_2,
            (session.asyncConfig[.packetIn, .primary] ?? 0) & bit != 0
        {
            flags.insert(.invalidTTLToController)
        }
        return SwitchConfig(flags: flags, missSendLength: session.missSendLength)
    }

    /// Nicira's messages: those that set how a connection speaks, and requests.
    func handle(_ request: NiciraMessage, _ context: RequestContext) throws(OpenFlowError) {
        switch request {
        case .setFlowModTableID(let uses): context.session.usesFlowModTableID = uses
        case .setControllerID(let identifier):
            context.session.isIdentified = true
            context.session.controllerID = identifier
            self.updateMissHandling(now: context.now)
        case .setPacketInFormat(let format): context.session.packetInFormat = format
        case .setFlowFormat(let format): try self.setFlowFormat(format, context)
        case .flowAge: break
        case .setAsyncConfig2(let config): try self.handle(config, context)
        case .resume(let packet): try self.resume(packet, context)
        case .flushConnectionZone(let zone): self.flushConnections(zone: zone, context)
        case .flushConnections(let flush): try self.flushConnections(flush, context)
        case .flowMod(let request): try self.handle(request.flowMod, newCookie: request.newCookie, context)
        case .tlvTableMod(let request): try self.handle(request, context)
        case .tlvTableRequest: self.reply(.nicira(.tlvTableReply(self.tunnelOptions.reply)), context)
        case .flowRemoved, .packetIn, .packetIn2, .tlvTableReply: throw OpenFlowError(.requestBadType)
        }
    }

    /// The tunnel options that flows can name.
    var tunnelOptions: TunnelOptionTable { self.pipeline.read { $0.tunnelOptions } }

    /// NXT_TLV_TABLE_MOD: changes which tunnel options flows can name; those that some name stay.
    func handle(_ request: TLVTableMod, _ context: RequestContext) throws(OpenFlowError) {
        let present = self.tunnelOptions
        let wanted: TunnelOptionTable
        switch request.command {
        case .add: wanted = request.mappings.isEmpty ? present : try present.adding(request.mappings)
        case .delete, .clear:
            let isClear = request.command == .clear
            let named = request.mappings.reduce(UInt64(0)) { $0 | 1 << UInt64($1.fieldIndex & 63) }
            let fields = present.fields & (isClear ? .max : named)
            guard fields != 0 else { return }
            let used = self.pipeline.read { $0.usedTunnelOptions(among: fields) }
            guard used == 0 else {
                throw OpenFlowError(.tlvTableInvalidTLVDelete, value: UInt64(used.trailingZeroBitCount))
            }
            wanted = present.removing(fields)
        }
        self.commit(by: context.origin, now: context.now) { $0.setTunnelOptions(wanted) }
    }

    /// Refuses actions that name options which there are not, or bits that those do not have.
    func checkTunnelOptions(_ references: ActionReferences) throws(OpenFlowError) {
        guard !references.tunnelOptions.isEmpty else { return }
        let options = self.tunnelOptions
        for (field, bits) in references.tunnelOptions.sorted(by: { $0.key < $1.key }) {
            guard let option = options.option(field) else {
                throw OpenFlowError(.flowModNiciraInvalidTLVField, value: UInt64(field))
            }
            guard bits <= 8 * option.byteCount else {
                throw OpenFlowError(.actionBadSetLength, value: UInt64(bits), limit: UInt64(8 * option.byteCount))
            }
        }
    }

    /// NXT_SET_FLOW_FORMAT: 0 for flows in the form of 1.0, 2 for Nicira's, which 1.0 alone has.
    ///
    /// Requests are taken in both forms all the time, and answered in that of the request.
    private func setFlowFormat(_ format: UInt32, _ context: RequestContext) throws(OpenFlowError) {
        guard format == 0 || (format == 2 && context.version == .v1_0) else {
            throw OpenFlowError(.requestNotPermitted, value: UInt64(format))
        }
        context.session.usesNiciraFlowFormat = format == 2
    }
}
