extension LineBuffer {
    /// The fields of an item between the line's head and `prev`.
    mutating func appendFields(of record: AuditRecord) {
        append(AuditField.trace, record.traceID)
        if let actor = record.actor {
            append(UInt8(ascii: ","))
            actor.text.withUnsafeBytes { append(bytes: $0) }
        }
        if let via = record.via {
            appendName(AuditField.via)
            append(UInt8(ascii: "{"))
            via.text.withUnsafeBytes { append(bytes: $0) }
            append(UInt8(ascii: "}"))
        }
        append(AuditField.remoteAddress, record.remoteAddress)
        append(AuditField.transport, record.transport)
        append(AuditField.protocolVersion, record.protocolVersion)
        append(AuditField.operation, record.operation)
        append(AuditField.object, record.object)
        append(AuditField.level, record.level)
        append(AuditField.objectType, record.objectType)
        append(AuditField.servedBy, record.servedBy)
        append(AuditField.resultStatus, record.resultStatus)
        append(AuditField.resultReason, record.resultReason)
        append(AuditField.rule, record.rule)
        appendName(AuditField.duration)
        append(decimal: record.duration)
    }

    mutating func append(_ name: StaticString, _ value: String) {
        appendName(name)
        append(string: value)
    }
}
