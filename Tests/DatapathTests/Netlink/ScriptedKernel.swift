import Datapath
import Glibc
import Synchronization

/// One request as the kernel would see it.
struct ScriptedRequest: Sendable {
    let family: OpenVSwitch.Family
    let command: UInt8
    let flags: UInt16
    let interfaceIndex: Int32
    let attributes: [UInt16: [UInt8]]

    func bytes<Attribute: RawRepresentable<UInt16>>(_ attribute: Attribute) -> [UInt8]? {
        self.attributes[attribute.rawValue]
    }

    func uint32<Attribute: RawRepresentable<UInt16>>(_ attribute: Attribute) -> UInt32? {
        guard let bytes = self.bytes(attribute), bytes.count >= 4 else { return nil }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    }

    func text<Attribute: RawRepresentable<UInt16>>(_ attribute: Attribute) -> String? {
        self.bytes(attribute).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    var isDump: Bool { self.flags & Netlink.flagDump == Netlink.flagDump }
}

/// What the kernel answers.
enum ScriptedReply: Sendable {
    /// A message of the request's family.
    case message(command: UInt8 = 1, interfaceIndex: Int32 = 7, @Sendable (inout NetlinkWriter) -> Void)
    /// A refusal.
    case failure(Int32, message: String? = nil)
    /// Bytes as they are.
    case raw([UInt8])
    /// Nothing more, not even an acknowledgement.
    case silence
}

/// The kernel as a function: from a request to the answers, in order.
///
/// Success is acknowledged by itself.
final class ScriptedKernel: NetlinkProvider {
    typealias Script = @Sendable (ScriptedRequest) -> [ScriptedReply]

    private let script: Script
    private let missing: Set<OpenVSwitch.Family>
    private let sockets = Mutex<[UInt32: ScriptedSocket]>([:])
    private let record = Mutex<[ScriptedRequest]>([])

    init(missing: Set<OpenVSwitch.Family> = [], _ script: @escaping Script) {
        self.missing = missing
        self.script = script
    }

    private let calls = Atomic<Int>(0)

    /// How often sockets were sent to or received from: what would be a system call each.
    var callCount: Int { self.calls.load(ordering: .relaxed) }
    fileprivate func noteCall() { self.calls.add(1, ordering: .relaxed) }

    /// Every request so far.
    var requests: [ScriptedRequest] { self.record.withLock { $0 } }

    func open(receiveBufferBytes: Int) throws(NetlinkError) -> any NetlinkTransport {
        self.sockets.withLock {
            let socket = ScriptedSocket(self, portID: UInt32($0.count) + 100)
            $0[socket.portID] = socket
            return socket
        }
    }

    func resolve(_ family: OpenVSwitch.Family) throws(NetlinkError) -> UInt16 {
        guard !self.missing.contains(family) else { throw NetlinkError(errno: ENOENT) }
        return Self.number(family)
    }

    static func number(_ family: OpenVSwitch.Family) -> UInt16 {
        32 + UInt16(OpenVSwitch.Family.allCases.firstIndex(of: family) ?? 0)
    }

    /// Puts a datagram into the socket with that port id, as an upcall arrives; nil stands for an overflow.
    func deliver(_ datagram: [UInt8]?, to portID: UInt32) {
        self.sockets.withLock { $0[portID] }?.deliver(datagram)
    }

    /// The answers to one datagram of requests.
    func answer(_ datagram: [UInt8], portID: UInt32) -> [[UInt8]] {
        var answers: [[UInt8]] = []
        var messages = NetlinkMessages(datagram.span.bytes)
        while messages.advance() {
            let message = messages.message
            var attributes: [UInt16: [UInt8]] = [:]
            var reader = message.attributes
            while reader.advance() { attributes[reader.type] = reader.array() }
            guard let family = OpenVSwitch.Family.allCases.first(where: { Self.number($0) == message.type }) else {
                continue
            }
            let request = ScriptedRequest(
                family: family, command: message.command, flags: message.flags,
                interfaceIndex: message.datapathInterfaceIndex, attributes: attributes)
            self.record.withLock { $0.append(request) }
            answers += self.encode(self.script(request), to: request, sequence: message.sequence, portID)
        }
        return answers
    }

    private func encode(
        _ replies: [ScriptedReply], to request: ScriptedRequest, sequence: UInt32, _ portID: UInt32
    ) -> [[UInt8]] {
        var answers: [[UInt8]] = []
        for reply in replies {
            switch reply {
            case .message(let command, let index, let body):
                answers.append(
                    Self.message(request.family, command, sequence: sequence, interfaceIndex: index, body))
            case .failure(let errno, let text):
                return answers + [Self.outcome(-errno, text, sequence: sequence)]
            case .raw(let bytes): answers.append(bytes)
            case .silence: return answers
            }
        }
        if request.isDump {
            answers.append(Self.control(3, sequence: sequence, [0, 0, 0, 0]))
        } else if request.flags & Netlink.flagAcknowledge != 0 {
            answers.append(Self.outcome(0, nil, sequence: sequence))
        }
        return answers
    }

    static func message(
        _ family: OpenVSwitch.Family, _ command: UInt8, sequence: UInt32, interfaceIndex: Int32 = 7,
        _ body: (inout NetlinkWriter) -> Void
    ) -> [UInt8] {
        var writer = NetlinkWriter()
        let start = writer.beginMessage(
            family: Self.number(family), flags: 0, sequence: sequence, portID: 0, command: command, version: 1,
            datapathInterfaceIndex: interfaceIndex)
        body(&writer)
        writer.endMessage(start)
        return writer.bytes
    }

    /// NLMSG_ERROR with the request's header only (capped), and text where there is any.
    private static func outcome(_ code: Int32, _ text: String?, sequence: UInt32) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.host(code)
        writer.zeros(16)
        if let text { writer.attribute(1, zeroTerminated: text) }
        return Self.control(2, sequence: sequence, writer.bytes, flags: text == nil ? 0x100 : 0x300)
    }

    private static func control(_ type: UInt16, sequence: UInt32, _ payload: [UInt8], flags: UInt16 = 0) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.host(UInt32(16 + payload.count))
        writer.host(type)
        writer.host(flags)
        writer.host(sequence)
        writer.zeros(4)
        writer.raw(payload)
        return writer.bytes
    }
}

/// A socket to a ``ScriptedKernel``.
///
/// Waiting is pointless: what will come is there already.
final class ScriptedSocket: NetlinkTransport {
    private enum Arrival: Equatable {
        case nothing, overflow
        case datagram([UInt8])
    }

    private let kernel: ScriptedKernel
    let portID: UInt32
    private let queue = Mutex<[[UInt8]?]>([])

    init(_ kernel: ScriptedKernel, portID: UInt32) {
        self.kernel = kernel
        self.portID = portID
    }

    func send(_ datagram: UnsafeRawBufferPointer) throws(NetlinkError) {
        self.kernel.noteCall()
        let answers = self.kernel.answer(Array(datagram), portID: self.portID)
        self.queue.withLock { $0.append(contentsOf: answers) }
    }

    func deliver(_ datagram: [UInt8]?) { self.queue.withLock { $0.append(datagram) } }

    func receive(
        into slab: inout DatagramSlab, maximum: Int, timeoutMilliseconds: Int?
    ) throws(NetlinkError) -> Int {
        self.kernel.noteCall()
        var count = 0
        while count < min(maximum, slab.slots) {
            let next = self.queue.withLock { queue -> Arrival in
                guard !queue.isEmpty else { return .nothing }
                // An overflow is only told by a call that has nothing else to tell.
                if queue[0] == nil, count > 0 { return .nothing }
                return queue.removeFirst().map { .datagram($0) } ?? .overflow
            }
            guard case .datagram(let datagram) = next else {
                if next == .overflow { throw NetlinkError(errno: ENOBUFS) }
                break
            }
            slab.store(datagram, in: count)
            count += 1
        }
        return count
    }

    func wake() {}
}
