import Datapath
import OpenFlow

extension MatchField {
    /// Where the field lies in a key, if it is one that a packet-out may set beside the packet; else nil.
    var pipelineLayout: FlowFieldLayout? {
        guard let layout = self.flowLayout, layout.word < PacketParser.firstHeaderWord, self != .inPort,
            self != .recirculationID
        else { return nil }
        return layout
    }
}

extension FlowKey {
    /// Sets the field at `layout`.
    mutating func set(_ layout: FlowFieldLayout, value: UInt128) {
        guard layout.width == 128 else {
            self.setBits(layout.word, layout.shift, layout.width, UInt64(truncatingIfNeeded: value))
            return
        }
        self.words[layout.word] = UInt64(truncatingIfNeeded: value >> 64)
        self.words[layout.word + 1] = UInt64(truncatingIfNeeded: value)
    }
}
