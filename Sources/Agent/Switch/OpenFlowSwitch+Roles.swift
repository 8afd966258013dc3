import Logging
import OpenFlow

// Roles, asynchronous configuration, switch configuration, Nicira's settings of a connection.
extension OpenFlowSwitch {
    /// ROLE_REQUEST (1.2 §A.3.9, 1.3 §7.3.9), and Nicira's below 1.2.
    func handle(_ request: RoleMessage, _ context: RequestContext) throws(OpenFlowError) {
        let session = context.session
        if request.role == .primary || request.role == .secondary, let generation = request.generationID {
            // Newer means a positive difference of signed 64 bits; equal is not stale.
            if let known = self.generationID, Int64(bitPattern: generation &- known) < 0 {
                throw OpenFlowError(.roleRequestStale, value: generation)
            }
            self.generationID = generation
        }
        if request.role == .primary {
            for state in self.sessions.values where state.session !== session && state.session.role == .primary {
                state.session.role = .secondary
            }
        }
        if request.role != .noChange, request.role != session.role {
            self.logger.info("\(self.name): \(session.peer): \(session.role) becomes \(request.role)")
            session.role = request.role
        }
        // Undefined is all ones (1.3 §7.3.9); Nicira's form has no generation.
        let generation = request.generationID == nil ? nil : self.generationID ?? .max
        self.reply(
            .roleReply(RoleMessage(role: session.role, shortID: request.shortID, generationID: generation)), context)
    }

    /// SET_ASYNC (1.3 §7.3.10): kinds that the request does not say stay as they are.
    func handle(_ config: AsyncConfig, _ context: RequestContext) throws(OpenFlowError) {
        for kind in AsyncConfig.Kind.allCases where kind == .flowStatistics || kind == .controllerStatus {
            for role in [ControllerRole.primary, .secondary] where config[kind, role] ?? 0 != 0 {
                throw OpenFlowError(.asyncConfigUnsupported, value: UInt64(kind.rawValue))
            }
        }
        context.session.isIdentified = true
        for kind in AsyncConfig.Kind.allCases {
            for role in [ControllerRole.primary, .secondary] {
                guard let mask = config[kind, role] else { continue }
                context.session.asyncConfig[kind, role] = mask
            }
        }
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

    /// Nicira's messages that set how a connection speaks.
    ///
    /// Packet-in and flow formats other than the standard's are refused: peers then go on with the standard's.
    func handle(_ request: NiciraMessage, _ context: RequestContext) throws(OpenFlowError) {
        switch request {
        case .setFlowModTableID(let uses): context.session.usesFlowModTableID = uses
        case .setControllerID(let identifier):
            context.session.isIdentified = true
            context.session.controllerID = identifier
            self.updateMissHandling(now: context.now)
        case .setPacketInFormat(let format):
            guard format == .standard else {
                throw OpenFlowError(.requestNotPermitted, value: UInt64(format.rawValue))
            }
            context.session.packetInFormat = format.rawValue
        case .setFlowFormat(let format):
            guard format == 0 else { throw OpenFlowError(.requestNotPermitted, value: UInt64(format)) }
        case .flowAge: break
        case .setAsyncConfig2(let config): try self.handle(config, context)
        case .resume: throw OpenFlowError(.resumeNotSupported)
        case .flowMod, .tlvTableMod, .tlvTableRequest, .flushConnections, .flushConnectionZone:
            throw OpenFlowError(.requestBadExperimenterType)
        case .flowRemoved, .packetIn, .packetIn2, .tlvTableReply: throw OpenFlowError(.requestBadType)
        }
    }
}
