/// The arguments in an item's parentheses, `name=value` or a name alone, each once.
struct TextArguments {
    private let owner: TextItem
    private let items: [TextItem]
    /// Which arguments were asked for.
    private var known: Set<String> = []

    /// - Parameter repeating: whether arguments may occur more than once; the first of a name is its value.
    init(_ item: TextItem, repeating: Bool = false) throws(TextError) {
        self.owner = item
        self.items = try item.value?.items() ?? []
        if repeating { return }
        for (index, argument) in self.items.enumerated()
        where self.items[..<index].contains(where: { $0.key == argument.key }) {
            throw argument.whole.error("each argument once")
        }
    }

    /// The argument's item; nil if it is not there.
    mutating func item(_ name: String) -> TextItem? {
        self.known.insert(name)
        return self.items.first { $0.key == name }
    }

    /// The argument's value; nil if the argument is not there.
    mutating func value(_ name: String) throws(TextError) -> TextPart? {
        guard let item = self.item(name) else { return nil }
        return try item.required("a value")
    }

    /// Whether the argument is there, without a value.
    mutating func flag(_ name: String) throws(TextError) -> Bool {
        guard let item = self.item(name) else { return false }
        try item.withoutValue()
        return true
    }

    /// The value of an argument that must be there.
    mutating func required(_ name: String) throws(TextError) -> TextPart {
        guard let value = try self.value(name) else {
            throw self.owner.whole.error("\(self.owner.key) with \(name)=")
        }
        return value
    }

    /// A number, or `absent` if the argument is not there.
    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
        _ name: String, _ what: String, absent: T
    ) throws(TextError) -> T {
        guard let value = try self.value(name) else { return absent }
        return try value.integer(what)
    }

    /// The arguments that nobody asked for yet.
    var others: [TextItem] { self.items.filter { !self.known.contains($0.key) } }

    /// Checks that nothing was given that was not asked for.
    func finish() throws(TextError) {
        guard let item = self.others.first else { return }
        let names = self.known.sorted().joined(separator: ", ")
        throw item.whole.error("an argument of \(self.owner.key) (\(names))")
    }
}
