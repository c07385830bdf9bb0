internal import KMIP

extension AttributeSet {
    /// Adds what another set has besides: all instances of attributes that may have several, and others where they are not there.
    mutating func merge(_ other: AttributeSet) {
        for entry in other.entries {
            guard let value = entry.value else { continue }
            if AttributeDefinition.of(entry.name)?.isMultiInstance ?? true {
                if !all(entry.name).contains(where: { $0.value == value }) { add(entry.name, value) }
            } else if !contains(entry.name) {
                set(entry.name, value)
            }
        }
    }

    /// What an object made out of others gets from them: as Sensitive as the most sensitive, and Extractable only where all are, or
    /// making one out of the other would open what they close.
    mutating func inheritProtection(from sources: [KeyObject]) {
        if sources.contains(where: { $0.attributes.flag(.sensitive) == true }) { set(.sensitive, .boolean(true)) }
        if sources.contains(where: { $0.attributes.flag(.extractable) == false }) { set(.extractable, .boolean(false)) }
    }
}
