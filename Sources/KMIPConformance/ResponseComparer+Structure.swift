internal import KMIP
internal import KMIPText

extension ResponseComparer {
    /// Compares children one by one: the same tags in the same order.
    mutating func ordered(
        _ expected: [CaseElement],
        _ actual: [AttributeValue.Field],
        in item: Item?,
        path: String,
        of parent: CaseElement
    ) throws(CaseDifference) {
        var attribute: Tag?
        for (index, element) in expected.enumerated() {
            guard index < actual.count else { throw difference(element, "\(path)/\(element.tag)", shown(element), "nothing") }
            let field = actual[index]
            guard field.tag == element.tag else { throw difference(element, "\(path)/\(element.tag)", shown(element), "\(field.tag)") }
            try one(element, field.value, attribute: attribute, in: item, path: "\(path)/\(element.tag)")
            if element.tag == .attributeName { attribute = Tag.of(attribute: element.text) }
        }
        if actual.count > expected.count {
            let extra = actual[expected.count]
            throw difference(parent, "\(path)/\(extra.tag)", "nothing", ValueText.text(extra.value, meaning: extra.tag))
        }
    }

    /// Compares one element, whatever it is.
    mutating func one(_ expected: CaseElement, _ actual: AttributeValue, attribute: Tag?, in item: Item?, path: String) throws(CaseDifference) {
        guard expected.type == nil else { return try scalar(expected, actual, attribute: attribute, in: item, path: path) }
        guard case .structure(let fields) = actual else { throw difference(expected, path, "a structure", "a \(actual.type.name)") }
        switch (expected.tag, item?.operation) {
        case (.responsePayload, "GetAttributes"), (.responsePayload, "GetAttributeList"):
            try attributes(expected, fields, in: item, path: path)
        case (.responsePayload, "Query"): try lists(expected, fields, in: item, path: path)
        case (.capabilityInformation, _): try capabilities(expected, fields, path: path)
        case (.serverInformation, _): note(.serverText)
        case (.rngParameters, "Query"): try generator(expected, fields, path: path)
        case (.attribute, _): try self.attribute(expected, fields, in: item, path: path)
        default: try ordered(expected.children, fields, in: item, path: path, of: expected)
        }
    }

    /// One attribute. Its index may be left out where it is 0; some values are the server's own.
    private mutating func attribute(_ expected: CaseElement, _ actual: [AttributeValue.Field], in item: Item?, path: String) throws(CaseDifference) {
        let name = expected[.attributeName]?.text ?? ""
        let path = "\(path)(\(name))"
        let zero = { (field: AttributeValue.Field) in field.tag == .attributeIndex && field.value == .integer(0) }
        let wanted = expected.children.filter { !($0.tag == .attributeIndex && $0.text == "0") }
        let got = actual.filter { !zero($0) }
        if got.count != actual.count || wanted.count != expected.children.count { note(.attributeIndex) }
        if item?.isGenerated == true, let value = expected[.attributeValue], name == "Random Number Generator" || name == "Digest",
            let own = got.first(where: { $0.tag == .attributeValue })?.value
        {
            try ordered(wanted.filter { $0.tag != .attributeValue }, got.filter { $0.tag != .attributeValue }, in: item, path: path, of: expected)
            if name == "Digest" { try digest(value, own, path: path) } else { try generator(value, own.fields, path: path) }
            return
        }
        try ordered(wanted, got, in: item, path: path, of: expected)
    }

    /// The Digest of an object that the server made: all three fields, and as many bytes as the hash has.
    private mutating func digest(_ expected: CaseElement, _ actual: AttributeValue, path: String) throws(CaseDifference) {
        note(.generatedDigest)
        guard case .enumeration(let hash)? = actual[.hashingAlgorithm], case .bytes(let value)? = actual[.digestValue],
            case .enumeration? = actual[.keyFormatType],
            actual.fields.count == 3
        else { throw difference(expected, path, "Hashing Algorithm, Digest Value and Key Format Type", "others") }
        let length: Int? =
            switch HashingAlgorithm(rawValue: hash) {
            case .sha1: 20
            case .sha224: 28
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            default: nil
            }
        if let length, value.count != length { throw difference(expected, path + "/DigestValue", "\(length) bytes", "\(value.count)") }
    }

    private mutating func generator(_ expected: CaseElement, _ actual: [AttributeValue.Field], path: String) throws(CaseDifference) {
        note(.randomNumberGenerator)
        guard let first = actual.first, first.tag == .rngAlgorithm, case .enumeration = first.value else {
            throw difference(expected, path, "an RNG Algorithm", "none")
        }
    }

    /// The answer of Get Attributes and Get Attribute List: in any order, and with more where all were asked for.
    private mutating func attributes(_ expected: CaseElement, _ actual: [AttributeValue.Field], in item: Item?, path: String) throws(CaseDifference) {
        let listed: Tag = item?.operation == "GetAttributeList" ? .attributeName : .attribute
        try ordered(expected.children.filter { $0.tag != listed }, actual.filter { $0.tag != listed }, in: item, path: path, of: expected)
        var rest = actual.filter { $0.tag == listed }
        for (position, element) in expected.all(listed).enumerated() {
            guard let index = rest.firstIndex(where: { isSame($0.value, element) }) else {
                let name = listed == .attribute ? element[.attributeName]?.text ?? "" : element.text
                let number = element[.attributeIndex].map { "[\($0.text)]" } ?? ""
                throw difference(element, "\(path)/\(listed)", name + number, "no such attribute")
            }
            if actual.filter({ $0.tag == listed }).firstIndex(where: { isSame($0.value, element) }) != position { note(.attributeOrder) }
            try one(element, rest.remove(at: index).value, attribute: nil, in: item, path: "\(path)/\(listed)")
        }
        guard let extra = rest.first else { return }
        guard item?.operation == "GetAttributeList" || item?.namesAttributes == false else {
            let name = extra.value[.attributeName]?.textValue ?? extra.value.textValue ?? ""
            throw difference(expected, "\(path)/\(listed)", "nothing more", name)
        }
        note(.furtherAttributes)
    }

    /// The same attribute by name and index, whatever its value.
    private func isSame(_ actual: AttributeValue, _ expected: CaseElement) -> Bool {
        guard expected.type == nil else { return actual.textValue == expected.text }
        let index: Int32 =
            switch actual[.attributeIndex] {
            case .integer(let value)?: value
            default: 0
            }
        return actual[.attributeName]?.textValue == expected[.attributeName]?.text && index == Int32(expected[.attributeIndex]?.text ?? "0")
    }

    /// The answer of Query: each entry of the case somewhere among those of its tag.
    private mutating func lists(_ expected: CaseElement, _ actual: [AttributeValue.Field], in item: Item?, path: String) throws(CaseDifference) {
        var rest = actual
        for element in expected.children {
            let path = "\(path)/\(element.tag)"
            var first: CaseDifference?
            var found: Int?
            for (index, field) in rest.enumerated() where field.tag == element.tag {
                // A trial on a copy: what does not match must bind nothing.
                var trial = self
                do throws(CaseDifference) {
                    try trial.one(element, field.value, attribute: nil, in: item, path: path)
                    self = trial
                    found = index
                } catch { if first == nil { first = error } }
                if found != nil { break }
            }
            guard let found else {
                if element.tag == .operation, element.text == "Notify" || element.text == "Put" {
                    note(.serverSentOperations)
                    continue
                }
                if element.type == nil, let first { throw first }
                throw difference(element, path, shown(element), "no such entry")
            }
            rest.remove(at: found)
        }
        if rest.count > 0 || !zip(expected.children, actual).allSatisfy({ $0.tag == $1.tag }) { note(.queryLists) }
    }

    private mutating func capabilities(_ expected: CaseElement, _ actual: [AttributeValue.Field], path: String) throws(CaseDifference) {
        note(.capabilities)
        for element in expected.children {
            guard let field = actual.first(where: { $0.tag == element.tag }) else {
                throw difference(element, "\(path)/\(element.tag)", shown(element), "nothing")
            }
            guard field.value.type == element.type else {
                throw difference(element, "\(path)/\(element.tag)", "a \(element.type?.name ?? "Structure")", "a \(field.value.type.name)")
            }
        }
    }

    /// What stands in the case, for people.
    func shown(_ element: CaseElement) -> String { element.type == nil ? "a structure" : ValueText.short(element.text) }
}
