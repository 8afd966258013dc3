import ArgumentParser
import Capture
import OpenFlow

/// `sluice decode`: OpenFlow messages as text or JSON.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Show OpenFlow messages as text or JSON.",
        discussion: """
            Messages come as hexadecimal arguments, from a file, or from standard input. A \
            file or standard input may be a pcap or pcapng capture (Ethernet, Linux \
            cooked, loopback or bare IP; TCP streams are put together again), messages as \
            they are on the wire, or messages in hexadecimal; which it is, is found out, \
            unless --format says so.

              sluice decode 0400000800000001
              ovs-ofctl ... | sluice decode --json
              tcpdump -w - port 6653 | sluice decode -f -

            A message is read in the version of its header. With --json, each line is one \
            object: version, type, xid, length, and body or error; from a capture also \
            time, source and destination.

            EXIT STATUS
              0   every message was decoded (and, with --roundtrip, written again to the
                  same bytes)
              1   some message was not
              2   the input ends within a message or lacks bytes, or a capture is damaged;
                  what could be read was shown
              3   the input cannot be read or is of no known format
              64  wrong command line
            """)

    /// What the input is.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case auto, pcap, raw, hex
    }

    @Argument(
        help: ArgumentHelp("Messages in hexadecimal; white space, colons and dots are left out.", valueName: "hex"))
    var messages: [String] = []

    @Option(
        name: [.customShort("f"), .long], help: ArgumentHelp("Read a file, or standard input if -.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("auto, pcap, raw or hex. (default: auto)", valueName: "format"))
    var format: Format = .auto

    @Option(
        help: ArgumentHelp(
            "A TCP port of OpenFlow in a capture; repeatable. (default: 6633 and 6653)", valueName: "number"))
    var port: [UInt16] = []

    @Flag(help: "Write JSON, one object a line.")
    var json = false

    @Flag(help: "Write each message again and compare the bytes.")
    var roundtrip = false

    func validate() throws {
        guard self.messages.isEmpty || self.file == nil else {
            throw ValidationError("messages are arguments or in a file, not both")
        }
        guard self.format != .pcap || self.messages.isEmpty else {
            throw ValidationError("--format pcap needs a file")
        }
    }

    func run() throws {
        var printer = DecodePrinter(isJSON: self.json, comparesRoundTrip: self.roundtrip)
        do throws(InputFile.Failure) {
            if self.messages.isEmpty {
                try self.decode(try InputFile.read(self.file ?? "-"), name: self.file ?? "standard input", &printer)
            } else {
                for (index, text) in self.messages.enumerated() {
                    let bytes = try HexadecimalText.bytes(Array(text.utf8), name: "argument \(index + 1)")
                    self.decodeRaw(bytes, name: "argument \(index + 1)", &printer)
                }
            }
        } catch {
            printer.flush()
            StandardError.write("sluice: \(error.description)")
            throw ExitCode(3)
        }
        printer.flush()
        guard printer.status == 0 else { throw ExitCode(printer.status) }
    }

    private func decode(_ bytes: [UInt8], name: String, _ printer: inout DecodePrinter) throws(InputFile.Failure) {
        var format = self.format
        if format == .auto {
            format = CaptureReader.isCapture(bytes) ? .pcap : HexadecimalText.isText(bytes) ? .hex : .raw
        }
        switch format {
        case .pcap: try self.decodeCapture(bytes, name: name, &printer)
        case .hex: self.decodeRaw(try HexadecimalText.bytes(bytes, name: name), name: name, &printer)
        case .raw, .auto: self.decodeRaw(bytes, name: name, &printer)
        }
    }

    /// Messages one after another.
    private func decodeRaw(_ bytes: [UInt8], name: String, _ printer: inout DecodePrinter) {
        var splitter = MessageSplitter()
        for part in splitter.append(bytes) + splitter.interrupt() {
            switch part {
            case .message(let message): printer.print(message)
            case .stray(let rest): printer.warn("\(name): \(rest.count) bytes are no whole message")
            }
        }
        if bytes.isEmpty { printer.warn("\(name): there is no message") }
    }

    private func decodeCapture(
        _ bytes: [UInt8], name: String, _ printer: inout DecodePrinter
    ) throws(InputFile.Failure) {
        var reader: CaptureReader
        do throws(CaptureError) {
            reader = try CaptureReader(bytes)
        } catch {
            throw InputFile.Failure(description: "\(name): \(error)")
        }
        var capture = OpenFlowCapture(ports: self.port.isEmpty ? OpenFlowCapture.defaultPorts : Set(self.port))
        do throws(CaptureError) {
            while let packet = try reader.next() {
                for event in capture.receive(packet, in: bytes) { printer.print(event) }
            }
        } catch {
            printer.warn("\(name): \(error)")
        }
        for event in capture.finish() { printer.print(event) }
        if capture.fragmentCount > 0 {
            printer.warn("\(name): \(capture.fragmentCount) fragments of IP packets lack others, overlap or are cut")
        }
    }
}
