package import OpenFlow

extension OpenFlowConnection {
    /// The rules of one connection: HELLO and the version it leads to, what may be said when, and whether the
    /// peer lives.
    ///
    /// A value without I/O, timers or clock. Each input says what happened and returns what to do; the channel
    /// handler does it. Owned by the handler, used on its event loop only. The state is consumed by each input,
    /// so that a branch which forgets the next state does not compile.
    ///
    ///     idle ── opened ──▶ awaitingHello ── hello ──▶ established ──▶ closed
    ///                             └── refusal, time-out ──────────────────▲
    ///
    /// Our HELLO goes out at once and unasked, since some controllers (ONOS) are silent until they have seen
    /// it; its header says the highest version allowed, because some look at nothing else.
    package struct StateMachine: ~Copyable {
        /// What does not change in a connection's life.
        package struct Settings: Hashable, Sendable {
            /// The versions that we are willing to speak; at least one.
            package var offered: VersionSet
            /// How long the peer may be silent before it is asked, and then again before it is given up; zero is never.
            package var inactivityProbe: Duration
            /// How long the peer may take to say HELLO.
            package var helloTimeout: Duration

            /// Makes settings.
            package init(
                offered: VersionSet, inactivityProbe: Duration, helloTimeout: Duration = AgentLimits.helloTimeout
            ) {
                self.offered = offered
                self.inactivityProbe = inactivityProbe
                self.helloTimeout = helloTimeout
            }
        }

        /// Our HELLO is sent, the peer's is not here yet.
        private struct HelloSent {
            let deadline: MonotonicTime
        }

        /// A version is agreed.
        private struct Established {
            let version: OpenFlowVersion
            /// When the peer last gave a sign of life.
            var lastActivity: MonotonicTime
            /// When we asked for one; nil while it is not in doubt.
            var probedAt: MonotonicTime?
            var pause: ReadingPause?
        }

        private enum State: ~Copyable {
            case idle
            case awaitingHello(HelloSent)
            case established(Established)
            case closed
        }

        /// What does not change.
        package let settings: Settings
        private var state: State

        /// Makes the machine of a connection that is not open yet.
        package init(_ settings: Settings) {
            self.init(settings, .idle)
        }

        private init(_ settings: Settings, _ state: consuming State) {
            self.settings = settings
            self.state = state
        }
    }
}

// MARK: - Results

extension OpenFlowConnection.StateMachine {
    /// The HELLO to send.
    package struct HelloIntent: Hashable, Sendable {
        /// The version in its header.
        package var version: OpenFlowVersion
        /// Its bitmap; nil in versions that have none.
        package var versions: VersionSet?
    }

    /// An error to send, in answer to the message at hand.
    package struct Refusal: Hashable, Sendable {
        /// Which error.
        package var code: OpenFlowError.Code
        /// The version to say it in.
        package var version: OpenFlowVersion
        /// Words for the error's data; nil: the start of the refused message.
        package var text: String?
        /// Why to close the connection after it; nil: it goes on.
        package var closing: CloseReason?
    }

    /// What to do with a HELLO.
    package enum OnHello: Hashable, Sendable {
        /// This is the version from now on.
        case adopt(OpenFlowVersion)
        /// There is none.
        case refuse(Refusal)
        /// It changes nothing.
        case ignore
    }

    /// What to do with a message.
    package enum OnMessage: Hashable, Sendable {
        /// It is for the switch.
        case deliver(OpenFlowVersion)
        /// Decode it as HELLO and pass it to ``received(hello:headerVersion:now:)``.
        case hello
        /// Send its body back as ECHO_REPLY, in the version of the request.
        case answerEcho(OpenFlowVersion)
        /// Forget it.
        case ignore
        /// Refuse it.
        case refuse(Refusal)
        /// Close the connection.
        case close(CloseReason)
    }

    /// What to do when time has passed.
    package enum OnTimer: Hashable, Sendable {
        /// Nothing.
        case wait
        /// Ask for a sign of life.
        case sendEchoRequest(OpenFlowVersion)
        /// Give up.
        case close(CloseReason)
    }

    /// Why we do not read from the peer at present.
    package enum ReadingPause: Hashable, Sendable {
        /// The control loop is behind: our fault, the peer's silence means nothing.
        case switchBusy
        /// The peer does not read its answers: its silence is expected, but it must make progress.
        case outputFull
    }

    /// The message types that all versions share, which the connection itself looks at.
    private enum SymmetricType {
        static let hello: UInt8 = 0
        static let error: UInt8 = 1
        static let echoRequest: UInt8 = 2
        static let echoReply: UInt8 = 3
    }
}

// MARK: - Inputs, in the order of a session

extension OpenFlowConnection.StateMachine {
    /// The connection is open; gives the HELLO to send.
    package mutating func opened(now: MonotonicTime) -> HelloIntent {
        let settings = self.settings
        self = Self(settings, .awaitingHello(HelloSent(deadline: now + settings.helloTimeout)))
        let newest = settings.offered.newest ?? .v1_0
        return HelloIntent(version: newest, versions: newest >= .v1_3 ? settings.offered : nil)
    }

    /// The peer's HELLO is here; `versions` is its bitmap, nil where it had none or one that could not be read.
    package mutating func received(
        hello versions: VersionSet?, headerVersion: UInt8, now: MonotonicTime
    ) -> OnHello {
        let settings = self.settings
        switch consume self.state {
        case .idle:
            self = Self(settings, .idle)
            return .ignore
        case .awaitingHello:
            let chosen = VersionNegotiation.choose(
                offered: settings.offered, peerHeaderVersion: headerVersion, peerVersions: versions)
            guard let chosen else {
                self = Self(settings, .closed)
                return .refuse(Self.incompatible(settings.offered, headerVersion, versions))
            }
            self = Self(settings, .established(Established(version: chosen, lastActivity: now)))
            return .adopt(chosen)
        case .established(let established):
            // A second HELLO has no meaning in any version; Open vSwitch ignores it, too.
            self = Self(settings, .established(established))
            return .ignore
        case .closed:
            self = Self(settings, .closed)
            return .ignore
        }
    }

    /// A whole message is here.
    package mutating func received(_ header: MessageHeader) -> OnMessage {
        let settings = self.settings
        switch consume self.state {
        case .idle:
            self = Self(settings, .idle)
            return .ignore
        case .awaitingHello(let sent):
            switch header.type {
            case SymmetricType.hello:
                self = Self(settings, .awaitingHello(sent))
                return .hello
            case SymmetricType.error:
                self = Self(settings, .closed)
                return .close(.refusedByPeer)
            default:
                self = Self(settings, .closed)
                return .refuse(
                    Refusal(
                        code: .requestBadType, version: Self.answerVersion(settings.offered, to: header.version),
                        closing: .messageBeforeHello(type: header.type)))
            }
        case .established(let established):
            self = Self(settings, .established(established))
            return Self.admit(header, version: established.version)
        case .closed:
            self = Self(settings, .closed)
            return .ignore
        }
    }

    /// Bytes came in: a sign of life.
    package mutating func heard(now: MonotonicTime) {
        self.noteActivity(now: now, whilePausedOnly: false)
    }

    /// Bytes went out to the socket: a sign of life of a peer that has stopped us from reading, otherwise of nobody.
    package mutating func wrote(now: MonotonicTime) {
        self.noteActivity(now: now, whilePausedOnly: true)
    }

    /// We stopped reading.
    package mutating func readingPaused(_ pause: ReadingPause, now: MonotonicTime) {
        self.setPause(pause, now: now)
    }

    /// We read again.
    package mutating func readingResumed(now: MonotonicTime) {
        self.setPause(nil, now: now)
    }

    /// When ``timerFired(now:)`` is wanted; `distantFuture` where it is not.
    package var deadline: MonotonicTime {
        switch self.state {
        case .idle: .distantFuture
        case .closed: .distantFuture
        case .awaitingHello(let sent): sent.deadline
        case .established(let established): Self.deadline(established, probe: self.settings.inactivityProbe)
        }
    }

    /// Time has passed.
    package mutating func timerFired(now: MonotonicTime) -> OnTimer {
        let settings = self.settings
        switch consume self.state {
        case .idle:
            self = Self(settings, .idle)
            return .wait
        case .awaitingHello(let sent):
            guard now >= sent.deadline else {
                self = Self(settings, .awaitingHello(sent))
                return .wait
            }
            self = Self(settings, .closed)
            return .close(.noHello)
        case .established(var established):
            guard now >= Self.deadline(established, probe: settings.inactivityProbe) else {
                self = Self(settings, .established(established))
                return .wait
            }
            guard established.probedAt == nil, established.pause == nil else {
                self = Self(settings, .closed)
                return .close(established.pause == .outputFull ? .notReading : .inactive)
            }
            established.probedAt = now
            let version = established.version
            self = Self(settings, .established(established))
            return .sendEchoRequest(version)
        case .closed:
            self = Self(settings, .closed)
            return .wait
        }
    }

    /// The connection is closed, by whomever.
    package mutating func closed() {
        let settings = self.settings
        self = Self(settings, .closed)
    }

    /// The version agreed on; nil before and after.
    package var version: OpenFlowVersion? {
        switch self.state {
        case .established(let established): established.version
        default: nil
        }
    }
}

// MARK: - Decisions

extension OpenFlowConnection.StateMachine {
    /// What a message in an established session is.
    ///
    /// A message of another version is refused, and the session goes on: the framing is intact. The symmetric
    /// messages are taken in any version that exists, since controllers are known to send them in the version
    /// of their first HELLO.
    private static func admit(_ header: MessageHeader, version: OpenFlowVersion) -> OnMessage {
        let spoken = OpenFlowVersion(rawValue: header.version)
        switch header.type {
        case SymmetricType.hello: return .ignore
        // An error is never answered by an error.
        case SymmetricType.error: return spoken == version ? .deliver(version) : .ignore
        case SymmetricType.echoRequest:
            if let spoken { return .answerEcho(spoken) }
        case SymmetricType.echoReply:
            if spoken != nil { return .ignore }
        default:
            if spoken == version { return .deliver(version) }
        }
        return .refuse(Refusal(code: .requestBadVersion, version: version))
    }

    /// The refusal of a HELLO, in words that name both sides' versions.
    private static func incompatible(_ offered: VersionSet, _ header: UInt8, _ versions: VersionSet?) -> Refusal {
        let peer: String
        if let versions {
            peer = "peer offers \(Self.names(versions))"
        } else if let version = OpenFlowVersion(rawValue: header) {
            peer = "peer offers \(version) and no version bitmap"
        } else {
            peer = "peer offers version byte \(header) and no version bitmap"
        }
        let text = "no OpenFlow version in common: this switch speaks \(Self.names(offered)), \(peer)"
        return Refusal(
            code: .helloIncompatible, version: Self.answerVersion(offered, to: header), text: text,
            closing: .incompatible(text))
    }

    private static func names(_ versions: VersionSet) -> String {
        let names = versions.versions.map { $0.description }
        return names.isEmpty ? "none that is known here" : names.joined(separator: ", ")
    }

    /// The version in which a peer of that header version most likely understands an error.
    private static func answerVersion(_ offered: VersionSet, to header: UInt8) -> OpenFlowVersion {
        let newest = offered.newest ?? .v1_0
        guard let peer = OpenFlowVersion(rawValue: header) else { return newest }
        return min(peer, newest)
    }

    private static func deadline(_ established: Established, probe: Duration) -> MonotonicTime {
        guard probe > .zero else { return .distantFuture }
        switch established.pause {
        case .switchBusy: return .distantFuture
        case .outputFull: return established.lastActivity + probe * 2
        case nil: return (established.probedAt ?? established.lastActivity) + probe
        }
    }

    private mutating func noteActivity(now: MonotonicTime, whilePausedOnly: Bool) {
        let settings = self.settings
        switch consume self.state {
        case .idle: self = Self(settings, .idle)
        case .awaitingHello(let sent): self = Self(settings, .awaitingHello(sent))
        case .established(var established):
            if !whilePausedOnly || established.pause == .outputFull {
                established.lastActivity = now
                established.probedAt = nil
            }
            self = Self(settings, .established(established))
        case .closed: self = Self(settings, .closed)
        }
    }

    private mutating func setPause(_ pause: ReadingPause?, now: MonotonicTime) {
        let settings = self.settings
        switch consume self.state {
        case .idle: self = Self(settings, .idle)
        case .awaitingHello(let sent): self = Self(settings, .awaitingHello(sent))
        case .established(var established):
            if established.pause != pause {
                established.pause = pause
                established.lastActivity = now
                established.probedAt = nil
            }
            self = Self(settings, .established(established))
        case .closed: self = Self(settings, .closed)
        }
    }
}
