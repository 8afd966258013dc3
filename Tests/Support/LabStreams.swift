import Foundation

/// TCP streams between two programs in a lab, both ways at once, whose contents are compared by their hashes.
///
/// What has arrived is an event at the receiver: nothing here depends on how fast the machine is.
package struct LabStreams: Sendable {
    /// A direction of the streams.
    package enum Way: String, Sendable, CaseIterable {
        /// From the program that opens the connections.
        case there
        /// To it.
        case back
    }

    /// Both programs: `ROLE ADDRESS PORT COUNT BYTES STOP`, where streams go on until the file STOP is there.
    private static let program = """
        import hashlib, os, random, socket, sys, threading, time
        role, address, port, count, size, stop = sys.argv[1:7]
        size, lock = int(size), threading.Lock()
        def say(*words):
            with lock: sys.stdout.write(" ".join(map(str, words)) + "\\n"); sys.stdout.flush()
        def fail(about):
            say("failed", about.exc_type.__name__, about.exc_value); os._exit(1)
        threading.excepthook = fail
        def send(s, way, number):
            block = random.Random(f"{way} {number}").randbytes(65528); found, done = hashlib.sha256(), 0
            while done < size or stop and not os.path.exists(stop):
                part = done.to_bytes(8, "big") + block
                s.sendall(part); found.update(part); done += len(part)
                if stop: time.sleep(0.002)
            s.shutdown(socket.SHUT_WR); say("sent", way, number, done, found.hexdigest())
        def receive(s, way, number):
            found, done, told = hashlib.sha256(), 0, 0
            while data := s.recv(65536):
                found.update(data); done += len(data)
                if stop and done >= told + 65536: told = done; say("progress", way, done, "")
            say("received", way, number, done, found.hexdigest())
        def talk(s, number, out, back):
            sending = threading.Thread(target=send, args=(s, out, number)); sending.start()
            receive(s, back, number); sending.join(); s.close()
        def connect(number):
            s = socket.create_connection((address, int(port))); s.sendall(number.to_bytes(4, "big"))
            talk(s, number, "there", "back")
        def accept(s, peer):
            number = int.from_bytes(s.recv(4, socket.MSG_WAITALL), "big"); say("accepted", number, peer)
            talk(s, number, "back", "there")
        threads = []
        if role == "serve":
            server = socket.create_server(("", int(port)), backlog=128); say("listening")
        for number in range(int(count)):
            if role == "serve":
                s, peer = server.accept(); thread = threading.Thread(target=accept, args=(s, peer[0]))
            else: thread = threading.Thread(target=connect, args=(number,))
            thread.start(); threads.append(thread)
        for thread in threads: thread.join()
        say("over")
        """

    private let serving: ChildProcess
    private let sending: ChildProcess
    private let count: Int
    private let stopFile: String?

    /// Starts `count` streams of `bytes` each way from one namespace to `address` in another; with `untilFinished` they
    /// go on, at some megabytes per second, until ``finish()``.
    package init(
        _ lab: Lab, from: NetworkNamespace, to: NetworkNamespace, at address: String, count: Int = 1, bytes: Int,
        untilFinished: Bool = false
    ) throws {
        let stop = untilFinished ? "\(lab.folder)/stop-\(UInt32.random(in: 0 ... .max))" : nil
        func arguments(_ role: String) -> [String] {
            ["python3", "-c", Self.program, role, address, "5001", "\(count)", "\(bytes)", stop ?? ""]
        }
        self.count = count
        self.stopFile = stop
        self.serving = try lab.start(arguments("serve"), in: to)
        try self.serving.waitForOutput(containing: "listening")
        self.sending = try lab.start(arguments("connect"), in: from)
    }

    /// As ``init(_:from:to:at:count:bytes:untilFinished:)``, between hosts.
    package init(
        _ lab: Lab, from: Lab.Host, to: Lab.Host, count: Int = 1, bytes: Int = 0, untilFinished: Bool = false
    ) throws {
        try self.init(
            lab, from: from.namespace, to: to.namespace, at: to.address, count: count, bytes: bytes,
            untilFinished: untilFinished)
    }

    /// The addresses that the streams came from, as the other end saw them.
    package var sources: Set<String> {
        Set(
            self.serving.output.split(separator: "\n").filter { $0.hasPrefix("accepted ") }
                .compactMap { $0.split(separator: " ").last.map(String.init) })
    }

    /// How many bytes have arrived, of the only stream, one that goes on until it is finished.
    private func arrived(_ way: Way) -> Int {
        let output = (way == .there ? self.serving : self.sending).output.suffix(4000)
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let words = lines.last { $0.hasPrefix("progress \(way.rawValue) ") }?.split(separator: " ") ?? []
        return words.count == 3 ? Int(words[2]) ?? 0 : 0
    }

    /// Waits until another `bytes` have arrived at both ends.
    package func waitForProgress(_ bytes: Int = 1 << 20) throws {
        let before = Way.allCases.map { self.arrived($0) }
        try eventually("another \(bytes) bytes at both ends; \(before) have arrived") {
            try self.requireRunning()
            return zip(Way.allCases, before).allSatisfy { self.arrived($0) >= $1 + bytes } ? true : nil
        }
    }

    private func requireRunning() throws(LabError) {
        for process in [self.serving, self.sending] where process.status != nil {
            throw .ended(waitingFor: "the end of streams", output: process.output)
        }
    }

    /// Has the streams end, waits until they have, and throws unless everything sent has arrived, and nothing else.
    ///
    /// Returns how many bytes arrived over all streams in each direction.
    @discardableResult
    package func finish() throws -> [Way: Int] {
        if let stopFile = self.stopFile {
            guard FileManager.default.createFile(atPath: stopFile, contents: nil) else {
                throw LabError.other("cannot make \(stopFile)")
            }
        }
        for process in [self.sending, self.serving] {
            // A stream takes as long as the machine needs for it.
            let end = try process.waitForExit(seconds: 5 * Give.up)
            guard end == .exited(0) else { throw LabError.ended(waitingFor: "streams", output: process.output) }
        }
        var totals: [Way: Int] = [:]
        for way in Way.allCases {
            let ends = way == .there ? (self.sending, self.serving) : (self.serving, self.sending)
            let (sent, received) = (Self.sums(ends.0, "sent", way), Self.sums(ends.1, "received", way))
            guard sent.count == self.count, Set(sent) == Set(received) else {
                throw LabError.other("\(way): sent \(sent), received \(received)")
            }
            totals[way] = sent.reduce(0) { $0 + (Int($1.split(separator: " ")[1]) ?? 0) }
        }
        return totals
    }

    /// `NUMBER BYTES HASH` of each stream.
    private static func sums(_ process: ChildProcess, _ verb: String, _ way: Way) -> [Substring] {
        let prefix = "\(verb) \(way.rawValue) "
        return process.output.split(separator: "\n").filter { $0.hasPrefix(prefix) }
            .map { $0.dropFirst(prefix.count) }
    }
}
