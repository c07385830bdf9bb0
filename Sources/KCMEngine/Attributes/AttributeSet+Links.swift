internal import KMIP

extension AttributeSet {
    /// The objects that links of a type lead to, in the order of their indexes.
    func linked(_ type: LinkType) -> [String] {
        all(.link).compactMap { $0.value.flatMap(Link.init) }.filter { $0.type == type }.map(\.identifier)
    }

    /// Adds a link, where it is not there.
    mutating func link(_ type: LinkType, to identifier: String) {
        let value = Link(type, identifier).attributeValue
        if !all(.link).contains(where: { $0.value == value }) { add(.link, value) }
    }

    /// Replaces all links of a type by one; the others keep their order.
    mutating func relink(_ type: LinkType, to identifier: String) {
        let kept = all(.link).compactMap(\.value).filter { Link($0)?.type != type }
        set(.link, nil)
        for value in kept { add(.link, value) }
        link(type, to: identifier)
    }

    /// Removes all links of some types.
    mutating func unlink(_ types: Set<LinkType>) {
        let kept = all(.link).compactMap(\.value).filter { value in Link(value).map { !types.contains($0.type) } ?? true }
        set(.link, nil)
        for value in kept { add(.link, value) }
    }
}
