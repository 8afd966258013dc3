package import Datapath
import OpenFlow

/// A traced translation of one packet in one bridge.
package struct TranslationTrace: Sendable {
    /// The bridge.
    package var bridge: String
    /// The packet as it came in; `inPort` is the switch's port number.
    package var key: FlowKey
    /// The steps, in order.
    package var steps: [TraceRecorder.Entry]
    /// Steps that were too many to be taken down.
    package var omittedSteps: Int
    /// What came of it.
    package var translation: Translation
    /// The packets that went on to other bridges: by which patch port and as what.
    package var crossings: [(port: PortIndex, key: FlowKey)]
    /// The names of the bridge's ports in the datapath.
    package var portNames: [PortIndex: String]
}

extension BridgeDatapath where View: ~Copyable {
    /// Translates a packet without side effects and takes down each step; any thread.
    package func trace(key: FlowKey) -> TranslationTrace {
        let recorder = TraceRecorder()
        var translation = Translation()
        var names: [PortIndex: String] = [:]
        let now = SystemClock.now()
        self.readTables { view in
            translation = Translator.translate(
                key: key, entry: .pipeline, view: view, environment: self.environment, now: now,
                allowsSideEffects: false, recorder: recorder)
            for port in view.portsInOrder { names[port.index] = port.description.name }
        }
        return TranslationTrace(
            bridge: self.name, key: key, steps: recorder.entries, omittedSteps: recorder.omittedCount,
            translation: translation, crossings: recorder.crossings, portNames: names)
    }

    /// The names of the bridge's ports in the datapath.
    package var portNames: [PortIndex: String] {
        var names: [PortIndex: String] = [:]
        self.readTables { view in
            for port in view.portsInOrder { names[port.index] = port.description.name }
        }
        return names
    }

    /// What is told of rules, in order, each once; those that are gone or hidden are left out.
    package func describe(_ rules: [RuleReference]) -> [RuleDescription] {
        var seen: Set<RuleReference> = []
        var result: [RuleDescription] = []
        self.readTables { view in
            for rule in rules where seen.insert(rule).inserted {
                if let description = view.describe(rule) { result.append(description) }
            }
        }
        return result
    }
}

extension DatapathService {
    /// Traces a packet that comes in by a port of `bridge`, through patch ports into other bridges too.
    ///
    /// At most ``AgentLimits/patchDepthMaximum`` patch ports deep and 64 bridges' translations in all.
    package func trace(key: FlowKey, in bridge: any UpcallBridge) -> [TranslationTrace] {
        var traces: [TranslationTrace] = []
        var queue: [(bridge: any UpcallBridge, key: FlowKey, depth: Int)] = [(bridge, key, 0)]
        var position = 0
        while position < queue.count, traces.count < 64 {
            let item = queue[position]
            position += 1
            let trace = item.bridge.trace(key: item.key)
            traces.append(trace)
            guard item.depth < AgentLimits.patchDepthMaximum else { continue }
            for crossing in trace.crossings {
                guard let peer = self.patchPorts.peer(of: crossing.port), let port = self.port(peer) else { continue }
                // What the next bridge sees are the headers; metadata of the pipeline stays behind.
                var next = FlowKey()
                for word in PacketParser.firstHeaderWord..<FlowKey.wordCount {
                    next.words[word] = crossing.key.words[word]
                }
                next.priority = crossing.key.priority
                next.packetMark = crossing.key.packetMark
                next.inPort = port.number.rawValue
                queue.append((port.bridge, next, item.depth + 1))
            }
        }
        return traces
    }
}
