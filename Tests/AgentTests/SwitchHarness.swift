import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

/// A datapath that does nothing but remember what it was asked.
final class RecordingDatapath: SwitchDatapath {
    struct State {
        var packetOuts: [(packet: [UInt8], inPort: PortNumber, actions: [Action])] = []
        /// The pipeline fields of those.
        var metadata: [Match] = []
        var packetOutError: OpenFlowError?
        var administrativeStates: [(PortNumber, Bool)] = []
        var administrativeError: DatapathError?
        var announcedVersion: UInt64 = 0
        var finishedVersion = UInt64.max
        var awaited = 0
        var synchronisations = 0
        var meters: [UInt32: DatapathMeter] = [:]
        var meterCounters: [UInt32: MeterCounters] = [:]
        /// What connections were to be forgotten, and whom to tell that they are.
        var flushes: [(filter: ConnectionFilter, done: @Sendable (DatapathError?) -> Void)] = []
        var driverCounters: [DeviceCounter] = []
        /// Called when counters are to be pushed.
        var onSynchronise: (@Sendable () -> Void)?
    }
    let state = Mutex(State())

    func packetOut(
        packet: [UInt8], inPort: PortNumber, metadata: Match, actions: [Action], now: MonotonicTime
    ) -> OpenFlowError? {
        self.state.withLock {
            $0.packetOuts.append((packet, inPort, actions))
            $0.metadata.append(metadata)
            return $0.packetOutError
        }
    }
    func statistics(of port: SwitchPort) -> Datapath.PortStatistics? {
        var statistics = Datapath.PortStatistics()
        statistics.receivedPackets = UInt64(port.index.rawValue)
        return statistics
    }
    func driverCounters(of port: SwitchPort) -> [DeviceCounter] { self.state.withLock { $0.driverCounters } }
    func setAdministrativeState(of port: SwitchPort, up: Bool) -> DatapathError? {
        self.state.withLock {
            $0.administrativeStates.append((port.number, up))
            return $0.administrativeError
        }
    }
    var meterAbilities: MeterAbilities {
        var abilities = MeterAbilities()
        (abilities.meterLimit, abilities.bandLimit, abilities.remarks) = (4, 2, true)
        return abilities
    }
    func setMeter(_ number: UInt32?, _ meter: DatapathMeter) throws(DatapathError) -> UInt32 {
        let taken = self.state.withLock { state -> UInt32? in
            guard let number = number ?? (0..<4).first(where: { state.meters[$0] == nil }) else { return nil }
            state.meters[number] = meter
            return number
        }
        guard let taken else { throw DatapathError(.noSpace, operation: "set a meter") }
        return taken
    }
    func removeMeter(_ number: UInt32) { self.state.withLock { $0.meters[number] = nil } }
    func meterCounters(_ number: UInt32) -> MeterCounters? { self.state.withLock { $0.meterCounters[number] } }
    func flushConnections(_ filter: ConnectionFilter, done: @escaping @Sendable (DatapathError?) -> Void) {
        self.state.withLock { $0.flushes.append((filter, done)) }
    }
    func tablesChanged(version: UInt64, noting _: (inout TableChanges) -> Void) {
        self.state.withLock { $0.announcedVersion = version }
    }
    var finishedVersion: UInt64 { self.state.withLock { $0.finishedVersion } }
    func versionAwaited() { self.state.withLock { $0.awaited += 1 } }
    func synchroniseStatistics(now: MonotonicTime) {
        self.state.withLock { state -> (@Sendable () -> Void)? in
            state.synchronisations += 1
            return state.onSynchronise
        }?()
    }
}

/// A switch with ports 1–3 and a local one, a recording datapath and sessions in memory.
final class SwitchHarness {
    let datapath = RecordingDatapath()
    let pipeline: Pipeline
    let control: OpenFlowSwitch
    var now = MonotonicTime.seconds(100)
    private var lastIdentifier: UInt64 = 0
    private var lastTransaction: UInt32 = 0

    init(_ change: (inout SwitchConfiguration) -> Void = { _ in }, maximumEntries: Int = 100_000) {
        var configuration = SwitchConfiguration()
        change(&configuration)
        self.pipeline = Pipeline(maximumEntries: maximumEntries, seed: 1)
        self.control = OpenFlowSwitch(
            name: "br0", configuration: configuration, pipeline: self.pipeline, datapath: self.datapath)
        for number in 1...3 as ClosedRange<UInt32> { self.addPort("eth\(number)", number) }
    }

    @discardableResult
    func addPort(_ name: String, _ index: UInt32, _ requested: PortNumber? = nil) -> SwitchPort? {
        let description = PortDescription(hardwareAddress: MACAddress(rawValue: UInt64(index) + 0x10), name: name)
        do throws(PortTable.Refusal) {
            return try self.control.addPort(
                description, index: PortIndex(rawValue: index), requested: requested, now: self.now)
        } catch {
            Issue.record("port \(name): \(error)")
            return nil
        }
    }

    func connect(
        _ version: OpenFlowVersion, isService: Bool = false, packetInLimit: PacketInLimit = PacketInLimit()
    ) -> ControllerSession {
        self.lastIdentifier += 1
        let session = ControllerSession(
            identifier: self.lastIdentifier, version: version, peer: "test:\(self.lastIdentifier)",
            isService: isService, packetInLimit: packetInLimit)
        self.control.sessionOpened(session)
        // As if it had asked for the features.
        session.isIdentified = true
        return session
    }

    /// Sends a message through its wire form, and returns what came back to the session.
    @discardableResult
    func request(_ message: Message, _ session: ControllerSession) -> [Message] {
        self.send(message, session)
        return self.take(session)
    }

    /// Sends a message through its wire form.
    func send(_ message: Message, _ session: ControllerSession) {
        self.lastTransaction += 1
        do {
            let bytes = try MessageCodec.encode(
                message, version: session.version, transactionID: TransactionID(rawValue: self.lastTransaction))
            self.deliver(bytes, session)
        } catch {
            Issue.record("\(message) in \(session.version): \(error)")
        }
    }

    /// Sends bytes as they are.
    func deliver(_ bytes: [UInt8], _ session: ControllerSession) {
        let options: DecodingOptions = session.usesFlowModTableID ? .flowModTableID : []
        do throws(OpenFlowError) {
            let (header, message) = try MessageCodec.decode(bytes, version: session.version, options: options)
            self.control.handle(message, header: header, bytes: bytes, from: session, now: self.now)
        } catch {
            self.control.handleDecodeError(error, bytes: bytes, from: session, now: self.now)
        }
    }

    /// Takes what is queued for a session.
    func take(_ session: ControllerSession) -> [Message] {
        self.takeWithHeaders(session).map(\.message)
    }

    func takeWithHeaders(_ session: ControllerSession) -> [(header: MessageHeader, message: Message)] {
        var messages: [(header: MessageHeader, message: Message)] = []
        var rest = session.output[...]
        session.output = []
        while rest.count >= 8 {
            let length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
            do {
                messages.append(try MessageCodec.decode(Array(rest.prefix(length)), version: session.version))
            } catch {
                Issue.record("a reply cannot be decoded: \(error)")
                return messages
            }
            rest = rest.dropFirst(length)
        }
        return messages
    }

    /// The one error that a request is answered with.
    func error(_ message: Message, _ session: ControllerSession) -> OpenFlowError.Code? {
        Self.code(of: self.request(message, session))
    }

    static func code(of replies: [Message]) -> OpenFlowError.Code? {
        guard replies.count == 1, case .error(let error) = replies[0], case .known(let code) = error.error else {
            return nil
        }
        return code
    }

    /// All flows, as a FLOW request gives them.
    func flows(
        _ session: ControllerSession, _ request: FlowStatisticsRequest = FlowStatisticsRequest()
    ) -> [FlowStatisticsEntry] {
        self.request(.multipartRequest(MultipartRequest(body: .flow(request))), session).flatMap { reply in
            if case .multipartReply(let multipart) = reply, case .flow(let entries) = multipart.body {
                return entries
            }
            Issue.record("\(reply)")
            return []
        }
    }

    /// Credits packets to the flow of that cookie, as a revalidator would.
    func credit(_ cookie: UInt64, packets: UInt64) {
        self.pipeline.read { state in
            var selector = FlowSelector()
            (selector.cookie, selector.cookieMask) = (Cookie(rawValue: cookie), .max)
            for flow in state.select(selector, in: .all) {
                state.credit(flow, packets: packets, bytes: packets * 100, at: self.now)
            }
        }
    }

    /// A flow_mod of packets to an IPv4 address, as any version can say it.
    static func flowMod(
        _ command: FlowMod.Command = .add, _ destination: UInt32, priority: UInt16 = 100, cookie: UInt64 = 0,
        output: UInt32 = 1, _ change: (inout FlowMod) -> Void = { _ in }
    ) -> Message {
        var flowMod = FlowMod(
            cookie: Cookie(rawValue: cookie), command: command, priority: priority,
            match: Match([MatchEntry(.etherType, 0x0800), MatchEntry(.ipv4Destination, destination)]),
            instructions: [.applyActions([.output(PortNumber(rawValue: output), maximumLength: 0)])])
        if command == .delete || command == .deleteStrict { flowMod.instructions = [] }
        change(&flowMod)
        return .flowMod(flowMod)
    }
}
