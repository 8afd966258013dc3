import Testing

@testable import OpenFlow

@Suite("Messages printed")
struct PrintTests {
    @Test("Every message of the vectors is printed as text, and as JSON that has every part")
    func vectors() throws {
        for vector in try Vector.load("openvswitch") + Vector.load("os-ken") {
            let decoded = try #require(DecodedMessage(vector.bytes), "\(vector.title)")
            #expect(decoded.text.contains("(xid="), "\(vector.title)")
            // What Open vSwitch refused, we refuse or read; all else is read, but for what GoldenVectorTests names.
            let isRefused = vector.isRequest && vector.title.hasSuffix("refused")
            let isMiswritten = vector.title == "reply ovs-ofctl monitor br0 watch:" && vector.version <= .v1_2
            if !isRefused, !isMiswritten {
                #expect(!decoded.text.contains("cannot be decoded"), "\(vector.title): \(decoded.text)")
            }
            #expect(Self.isJSON(decoded.structure.json), "\(vector.title): \(decoded.structure.json)")
        }
    }

    @Test("Printing bears every prefix and every changed byte of messages")
    func hostile() throws {
        var random = SeededGenerator(seed: 3)
        for vector in try Vector.load("openvswitch") where vector.version == .v1_3 && vector.bytes.count < 200 {
            for index in vector.bytes.indices {
                var bytes = vector.bytes
                bytes[index] = UInt8(truncatingIfNeeded: random.next())
                guard let decoded = DecodedMessage(bytes) else { continue }
                _ = decoded.roundTrip()
                #expect(decoded.text.utf8.count > 10)
            }
        }
    }

    @Test("A flow mod is printed as ovs-ofctl prints it")
    func flowMod() throws {
        let flow = try FlowMod(
            text: "table=3,cookie=7,priority=3,idle_timeout=5,hard_timeout=4,importance=5,send_flow_rem,check_overlap,"
                + "udp6,ipv6_src=fe80::/10,ipv6_label=5 actions=output:1")
        #expect(
            Message.flowMod(flow).text(version: .v1_5, transactionID: TransactionID(rawValue: 1))
                == "OFPT_FLOW_MOD (OF1.5) (xid=0x1): ADD table:3 priority=3,udp6,ipv6_src=fe80::/10,ipv6_label=0x00005 "
                + "cookie:0x7 idle:5 hard:4 importance:5 send_flow_rem check_overlap actions=output:1")
    }

    @Test("JSON has the parts by name")
    func json() throws {
        let flow = try FlowMod(text: "tcp,tp_dst=80 actions=set_field:1->reg0,2,goto_table:3")
        let bytes = try MessageCodec.encode(.flowMod(flow), version: .v1_3, transactionID: TransactionID(rawValue: 9))
        let json = try #require(DecodedMessage(bytes)).structure.json
        #expect(json.hasPrefix(#"{"version":"OpenFlow13","type":"OFPT_FLOW_MOD","xid":9,"length":"#))
        #expect(json.contains(#""match":{"eth_type":"0x800","nw_proto":"6","tcp_dst":"80"}"#))
        #expect(json.contains(#"[{"applyActions":["set_field:0x1->reg0","output:2"]},"goto_table:3"]"#))
    }

    @Test("JSON escapes what it must")
    func escapes() {
        #expect(StructureValue.text("a\"b\\c\nd\u{1}é").json == #""a\"b\\c\nd\u0001é""#)
        #expect(StructureValue.list([.null, .flag(true), .number(.max)]).json == "[null,true,18446744073709551615]")
    }

    @Test("A message that cannot be read says why, with its bytes")
    func unreadable() throws {
        let decoded = try #require(DecodedMessage([4, 99, 0, 8, 0, 0, 0, 1]))
        #expect(decoded.text.contains("cannot be decoded: OFPBRC_BAD_TYPE"))
        #expect(DecodedMessage([9, 5, 0, 8, 0, 0, 0, 1])?.text.contains("OFPBRC_BAD_VERSION") == true)
        #expect(DecodedMessage([4, 0, 0, 9, 0, 0, 0, 1]) == nil)
        #expect(DecodedMessage([]) == nil)
    }

    @Test("What is written again is compared byte by byte")
    func roundTrip() throws {
        // A packet-out of 1.3 whose padding is not zero.
        var bytes = try MessageCodec.encode(
            .packetOut(PacketOut(actions: [], data: [1])), version: .v1_3, transactionID: TransactionID(rawValue: 1))
        #expect(try #require(DecodedMessage(bytes)).roundTrip() == .same)
        bytes[20] = 7
        guard case .differs(_, 20)? = try #require(DecodedMessage(bytes)).roundTrip() else {
            Issue.record("padding was not compared")
            return
        }
    }

    /// Whether brackets and quotes pair, which is what a line-by-line reader trips over first.
    private static func isJSON(_ text: String) -> Bool {
        var (stack, isString, isEscaped) = ([Character](), false, false)
        for character in text {
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    isString = false
                }
                continue
            }
            switch character {
            case "\"": isString = true
            case "{", "[": stack.append(character)
            case "}": guard stack.popLast() == "{" else { return false }
            case "]": guard stack.popLast() == "[" else { return false }
            case "\n": return false
            default: break
            }
        }
        return stack.isEmpty && !isString
    }
}

@Suite("Errors explained")
struct ErrorExplanationTests {
    @Test("Every error has a meaning, causes and numbers")
    func complete() {
        for error in OpenFlowError.Code.allCases {
            #expect(error.explanation.meaning.hasSuffix("."), "\(error)")
            #expect(error.explanation.causes.hasSuffix("."), "\(error)")
            #expect(!error.numbers.isEmpty, "\(error)")
            #expect(OpenFlowError.Code.named(error.constant.lowercased()) == [error])
        }
    }

    @Test("Numbers find their errors, in the version named")
    func numbers() {
        #expect(OpenFlowError.Code.matching(type: 5, code: 6, in: .v1_3) == [.flowModBadCommand])
        #expect(OpenFlowError.Code.matching(type: 3, code: 0, in: .v1_0) == [.flowModTableFull])
        #expect(OpenFlowError.Code.matching(type: 3, code: 0, in: .v1_3) == [.instructionUnknown])
        #expect(OpenFlowError.Code.matching(type: 3, code: 0, in: nil) == [.instructionUnknown, .flowModTableFull])
        #expect(
            OpenFlowError.Code.matching(type: 1, code: 5, in: .v1_0) == [.requestNotPermitted, .requestIsSecondary])
        #expect(OpenFlowError.Code.matching(type: 0xffff, code: 2300, in: .v1_3) == [.bundleUnknown])
        #expect(OpenFlowError.Code.matching(type: 99, code: 1, in: nil).isEmpty)
        #expect(OpenFlowError.Code.named("table_full").contains(.flowModTableFull))
        #expect(OpenFlowError.Code.named("no such").isEmpty)
        #expect(
            OpenFlowError.Code.flowModBadCommand.numbers.map(\.description) == [
                "1.0: type 3, code 4", "1.1 to 1.5: type 5, code 6",
            ])
    }
}
