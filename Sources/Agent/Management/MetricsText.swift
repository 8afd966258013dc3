/// Metrics as text in the exposition format of Prometheus, version 0.0.4; a value.
///
/// Samples of one metric stand together below its help and its type, in the order in which they were added, whatever
/// came in between: that is what the format demands.
struct MetricsText: Sendable {
    /// What a metric is.
    enum Kind: String, Sendable {
        /// It only grows; its name ends in `_total`.
        case counter
        /// It goes up and down.
        case gauge
    }

    /// A name and its value, which may have any characters.
    typealias Label = (name: String, value: String)

    private struct Family: Sendable {
        var name: String
        var header: String
        var samples = ""
    }
    private var families: [Family] = []

    /// Adds a sample of the metric `name`; kind and help are those of its first one.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger, _ labels: [Label]) {
        let text = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        let line = labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(text)} \(value)\n"
        if let place = self.families.firstIndex(where: { $0.name == name }) {
            self.families[place].samples += line
        } else {
            let header = "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
            self.families.append(Family(name: name, header: header, samples: line))
        }
    }

    /// All of it.
    var text: String { self.families.map { $0.header + $0.samples }.joined() }

    /// A label's value with what the format sets apart marked.
    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
