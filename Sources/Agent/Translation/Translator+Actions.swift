import Datapath
import NetworkTypes
import OpenFlow

// One action after the other; what takes more than a few lines is in a file of its own.
extension Translator {
    /// Performs a list of actions in order.
    mutating func perform<View: PipelineView & ~Copyable>(_ actions: [Action], view: borrowing View) {
        for (index, action) in actions.enumerated() {
            guard self.isRunning else { return }
            if self.mustPass(before: action) || self.mustBeMetered(before: action) {
                self.freezing = .reparse
                return self.leaveBehind(actions[index...])
            }
            if let recorder = self.recorder {
                recorder.note(.action(action))
                let before = self.key
                self.perform(action, view: view)
                recorder.noteChanges(from: before, to: self.key)
                self.noteTunnelOptions(before: before)
            } else {
                self.perform(action, view: view)
            }
            if self.freezing != nil { return self.leaveBehind(actions[(index + 1)...]) }
        }
    }

    private mutating func perform<View: PipelineView & ~Copyable>(_ action: Action, view: borrowing View) {
        switch action {
        case .output(let port, let maximumLength):
            self.output(to: port, maximumLength: maximumLength, view: view)
        case .enqueue(let port, let queue):
            self.enqueue(port: port, queue: queue, view: view)
        case .outputField(let slice, let maximumLength):
            self.output(toPortIn: slice, maximumLength: maximumLength, view: view)
        case .outputTruncated(let port, let maximumLength):
            self.outputTruncated(to: port, maximumLength: maximumLength, view: view)
        case .controller(let maximumLength, let controllerID, let reason):
            self.raisePacketIn(reason: reason, maximumLength: maximumLength, controllerID: controllerID)
        case .resubmit(let port, let table):
            self.resubmit(port: port, table: table, view: view)
        case .exit:
            self.hasExited = true
        case .note, .conjunction:
            break
        case .group(let group):
            self.performGroup(group, view: view)
        case .meter(let meter):
            self.performMeter(meter, view: view)
        case .experimenter:
            self.omit(.unsupportedAction)
        case .pushMPLS, .popMPLS, .setMPLSTTL, .decrementMPLSTTL, .copyTTLOut, .copyTTLIn, .pushPBB, .popPBB:
            self.encapsulate(action)
        case .encapsulate(let header): self.push(header)
        case .decapsulate(let packetType): self.popHeader(packetType)
        case .decrementServiceHeaderTTL: self.decrementServiceHeaderTTL()
        case .resubmitTracked, .learn, .connectionTracking, .clearConnectionTracking, .multipath, .bundle, .sample,
            .clone,
            .controllerOutput, .pushStack, .popStack, .decrementNetworkTTLNotifying, .writeMetadata, .finTimeout,
            .checkPacketLarger:
            self.performExtension(action, view: view)
        default:
            self.modify(action)
        }
    }

    /// Actions that only change the packet or its metadata.
    private mutating func modify(_ action: Action) {
        switch action {
        case .setQueue(let queue):
            self.write(.priority, UInt128(Self.priority(of: queue)))
        case .popQueue:
            self.unwildcardOriginal(.priority)
            self.write(.priority, UInt128(self.original.priority))
        case .setField(let entry) where entry.field.isVariableLength: self.setTunnelOption(entry)
        case .setLongField(let entry): self.setTunnelOption(entry)
        case .deleteField(let field): self.deleteField(field)
        case .setField(let entry):
            self.setField(entry.field, value: entry.value, mask: entry.mask)
        case .copyField(let copy):
            self.copyField(copy)
        case .pushVLAN(let type):
            self.pushVLAN(tpid: type.rawValue)
        case .popVLAN:
            self.popVLAN()
        case .setVLANID(let identifier):
            self.setTag(tci: identifier & 0x0fff, mask: 0x0fff, addsTag: true)
        case .setVLANPriority(let priority):
            self.setTag(tci: UInt16(priority & 7) << 13, mask: 0xe000, addsTag: true)
        case .setTransportSource(let port):
            self.setTransportPort(.transportSource, port)
        case .setTransportDestination(let port):
            self.setTransportPort(.transportDestination, port)
        case .setNetworkTTL(let ttl):
            guard Self.isIP(self.key) else { return self.omit(.absentField) }
            self.write(.ipTTL, UInt128(ttl))
        case .decrementNetworkTTL:
            self.decrementTTL()
        default:
            self.omit(.unsupportedAction)
        }
    }

    /// Notes that part of the actions was passed over.
    mutating func omit(_ what: TranslationOmissions) {
        self.result.omissions.insert(what)
        switch what {
        case .missingPort: self.drop(.missingPort)
        case .blockedPort: self.drop(.outputForbidden)
        default: self.recorder?.note(.omitted(what))
        }
    }

    /// The queueing priority that stands for a queue: the class `1:(queue + 1)` of the port's queueing discipline
    /// (tc-htb(8): the upper 16 bits are the major number).
    static func priority(of queue: QueueID) -> UInt32 { 0x0001_0000 | (queue.rawValue &+ 1) & 0xffff }

    private mutating func setTransportPort(_ field: FlowField, _ port: UInt16) {
        guard self.hasTransportHeader(anyOf: [6, 17, 132]) else { return self.omit(.absentField) }
        self.write(field, UInt128(port))
    }

    /// Decrements the time to live; a packet that has none left goes to the controllers and nowhere else.
    private mutating func decrementTTL() {
        guard Self.isIP(self.key) else { return self.omit(.absentField) }
        self.unwildcard(.ipTTL)
        let ttl = self.key.ipTTL
        guard ttl > 1 else {
            self.raisePacketIn(reason: .invalidTTL, maximumLength: .max, controllerID: 0)
            self.drop(.expiredTTL)
            self.actionSet.removeAll()
            self.hasExited = true
            return
        }
        self.write(.ipTTL, UInt128(ttl - 1))
    }

    /// Raises a packet-in with the packet as it is now.
    mutating func raisePacketIn(reason: PacketInReason, maximumLength: UInt16?, controllerID: UInt16) {
        self.commit()
        guard self.result.error == nil else { return }
        guard self.result.packetIns.count < self.environment.limits.actions else {
            self.result.error = .tooManyActions
            return
        }
        self.hasSent = true
        self.recorder?.note(.packetIn(reason, controllerID: controllerID))
        self.result.slowPath.insert(.controller)
        self.result.packetIns.append(
            TranslatedPacketIn(
                precedingActions: self.result.actions.count, reason: reason, table: self.context.table,
                cookie: self.context.cookie, maximumLength: maximumLength, controllerID: controllerID,
                inPort: PortNumber(rawValue: self.key.inPort),
                pipelineFields: self.key.packetInFields(self.tunnelOptions), bridge: self.environment.bridge))
    }
}
