import Foundation
import Support
import Testing

/// The articles of the OpenFlow module, held against its sources.
@Suite("Articles")
struct DocumentationTests {
    private static let folder = "\(Repository.root)/Sources/OpenFlow"

    /// The names of an article's symbol links, `A/b(c:)` between double accents.
    private static func links(in text: String) -> [String] {
        // Code between fences is not looked at.
        let prose = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        return prose.joined(separator: " ").components(separatedBy: "``").enumerated().filter { $0.offset % 2 == 1 }
            .map(\.element)
    }

    @Test("every symbol that an article links to is declared, and every article linked to is there")
    func links() throws {
        let files = FileManager.default.enumerator(atPath: Self.folder)?.compactMap { $0 as? String } ?? []
        let code = try files.filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOfFile: "\(Self.folder)/\($0)", encoding: .utf8)
        }.joined()
        let declared = Set(
            code.components(separatedBy: CharacterSet(charactersIn: " \n(:<{,=?!")).filter { !$0.isEmpty })
        let articles = files.filter { $0.hasSuffix(".md") }
        #expect(articles.count >= 5)
        for article in articles {
            let text = try String(contentsOfFile: "\(Self.folder)/\(article)", encoding: .utf8)
            for link in Self.links(in: text) where link != "OpenFlow" {
                for part in link.components(separatedBy: "/") {
                    let name = part.components(separatedBy: "(")[0]
                    #expect(declared.contains(name), "\(article): \(link)")
                }
                let type = link.components(separatedBy: "/")[0]
                let isPublic = ["struct", "enum", "protocol", "class"].contains {
                    code.contains("public \($0) \(type)") || code.contains("indirect \($0) \(type)")
                }
                #expect(isPublic, "\(article): \(type) is public")
            }
            for piece in text.components(separatedBy: "<doc:").dropFirst() {
                let name = piece.components(separatedBy: ">")[0]
                #expect(articles.contains { $0.hasSuffix("/\(name).md") }, "\(article): \(name)")
            }
        }
    }
}
