internal import KMIP

/// One element of a case file: as it stands there, with its variables.
struct CaseElement: Sendable {
    let tag: Tag
    /// Nil for a structure.
    let type: ItemType?
    /// A literal, or a variable such as `$UNIQUE_IDENTIFIER_0` or `$NOW-3600`; empty for a structure.
    let text: String
    /// In the file, from 1.
    let line: Int
    var children: [CaseElement] = []

    /// The first child with `tag`.
    subscript(_ tag: Tag) -> CaseElement? { children.first { $0.tag == tag } }

    func all(_ tag: Tag) -> [CaseElement] { children.filter { $0.tag == tag } }

    /// The variable's name without `$`; nil for a literal.
    var variable: Substring? { text.hasPrefix("$") ? text.dropFirst() : nil }

    /// This element and all within it, in the order of the file.
    var all: [CaseElement] { [self] + children.flatMap(\.all) }
}
