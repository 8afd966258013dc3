import Datapath
import OpenFlow

extension Translator {
    /// Where a match field lies in the key; nil where the key has no such field.
    func layout(of field: MatchField) -> FlowFieldLayout? {
        switch field {
        case .inPort: FlowField.inPort.layout
        case .metadata: FlowField.metadata.layout
        case .ethernetSource: FlowField.ethernetSource.layout
        case .ethernetDestination: FlowField.ethernetDestination.layout
        case .ipv4Source, .arpSourceProtocolAddress: FlowField.ipv4Source.layout
        case .ipv4Destination, .arpTargetProtocolAddress: FlowField.ipv4Destination.layout
        case .tcpSource, .udpSource, .sctpSource: FlowField.transportSource.layout
        case .tcpDestination, .udpDestination, .sctpDestination: FlowField.transportDestination.layout
        case .ipTTL: FlowField.ipTTL.layout
        case .ipDSCP: FlowFieldLayout(word: 40, shift: 18, width: 6)
        case .ipECN: FlowFieldLayout(word: 40, shift: 16, width: 2)
        case .register0: FlowField.register0.layout
        default: nil
        }
    }
}
