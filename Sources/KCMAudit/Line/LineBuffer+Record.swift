extension LineBuffer {
    /// The fields of an item between the line's head and `prev`.
    mutating func appendFields(of record: AuditRecord) {
        append(AuditField.trace, record.traceID)
        if let actor = record.actor { appendFields(of: actor, first: false) }
        if let via = record.via {
            appendName(AuditField.via)
            append(UInt8(ascii: "{"))
            appendFields(of: via, first: true)
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

    private mutating func appendFields(of actor: AuditRecord.Actor, first: Bool) {
        appendName(AuditField.tenant, first: first)
        append(string: actor.tenant)
        append(AuditField.service, actor.service)
        appendName(AuditField.roles)
        append(strings: actor.roles)
        append(AuditField.subject, actor.subject)
        appendName(AuditField.subjectAlternativeNames)
        append(strings: actor.subjectAlternativeNames)
        append(AuditField.issuer, actor.issuer)
        append(AuditField.serial, actor.serial)
        append(AuditField.fingerprint, actor.fingerprint)
    }

    private mutating func append(_ name: StaticString, _ value: String) {
        appendName(name)
        append(string: value)
    }
}
