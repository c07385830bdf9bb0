internal import KMIP
internal import KMIPText

extension ResponseComparer {
    /// Compares a value: the type always, the value unless a rule says otherwise.
    mutating func scalar(_ expected: CaseElement, _ actual: AttributeValue, attribute: Tag?, in item: Item?, path: String) throws(CaseDifference) {
        let meaning = expected.tag == .attributeValue ? attribute : expected.tag
        guard let type = expected.type, actual.type == type else {
            throw difference(expected, path, "a \(expected.type?.name ?? "Structure")", "a \(actual.type.name)")
        }
        if let name = expected.variable { return try variable(name, expected, actual, meaning: meaning, path: path) }
        switch expected.tag {
        case .vendorIdentification: return note(.serverText)
        case .serverCorrelationValue: return note(.headerCorrelation)
        case .keyFormatType where item?.isGenerated == true && item?.operation == "Get" && item?.namesFormat == false:
            if ValueText.value(expected.text, type, meaning: meaning) != actual { note(.generatedFormat) }
            return
        default: break
        }
        if case .bytes(let bytes) = actual, isGenerated(expected, in: item) { return try generated(expected, bytes, path: path) }
        guard let value = ValueText.value(expected.text, type, meaning: meaning) else {
            throw difference(expected, path, "a literal of its type", ValueText.text(actual, meaning: meaning))
        }
        if value == actual { return }
        guard type == .bigInteger, value.withoutSignExtension == actual.withoutSignExtension else {
            throw difference(expected, path, shown(expected), ValueText.text(actual, meaning: meaning))
        }
        note(.bigIntegerPadding)
    }

    private mutating func variable(
        _ name: Substring,
        _ expected: CaseElement,
        _ actual: AttributeValue,
        meaning: Tag?,
        path: String
    ) throws(CaseDifference) {
        if let date = CaseMemory.date(name, now: now) {
            guard case .dateTime(let seconds) = actual,
                seconds.subtractingReportingOverflow(date).partialValue.magnitude <= UInt64(CaseMemory.clockTolerance)
            else {
                throw difference(expected, path, "$\(name)", ValueText.text(actual, meaning: meaning))
            }
            return note(.times)
        }
        if expected.tag == .correlationValue {
            bind(name, actual)
            return note(.correlationValue)
        }
        guard let bound = memory[variable: name] else {
            if let other = memory.identifier(equal: actual, besides: name) {
                throw difference(expected, path, "an identifier that no other object has", "that of $\(other)")
            }
            bind(name, actual)
            return note(.identifiers)
        }
        guard bound == actual else {
            throw difference(expected, path, "$\(name), that is \(ValueText.text(bound, meaning: meaning))", ValueText.text(actual, meaning: meaning))
        }
    }

    /// The bytes come out of the server's random numbers.
    private func isGenerated(_ expected: CaseElement, in item: Item?) -> Bool {
        guard let item else { return false }
        switch (item.operation, expected.tag) {
        case ("RNGRetrieve", .data): return true
        case ("Encrypt", .data), ("Encrypt", .authenticatedEncryptionTag): return item.isGenerated || item.hasServerIV || item.hasRandomPadding
        case ("Encrypt", .ivCounterNonce): return item.hasServerIV
        case ("Get", .keyMaterial), ("Get", .keyValue), ("MAC", .macData), ("Sign", .signatureData): return item.isGenerated
        // What the server decrypts with its own key is known only where it is what the server encrypted.
        case ("Decrypt", .data):
            guard item.isGenerated, case .bytes(let data)? = item.request?[.data] else { return false }
            return !memory.isGenerated(data)
        default: return false
        }
    }

    private mutating func generated(_ expected: CaseElement, _ actual: [UInt8], path: String) throws(CaseDifference) {
        note(.generatedValues)
        guard actual.count * 2 == expected.text.utf8.count else {
            throw difference(expected, path, "\(expected.text.utf8.count / 2) bytes", "\(actual.count)")
        }
        guard let bound = memory.generated(expected.text) else { return bindGenerated(expected.text, actual) }
        guard bound == actual else {
            throw difference(expected, path, "the same bytes as before", ValueText.text(.bytes(actual), meaning: nil))
        }
    }
}
