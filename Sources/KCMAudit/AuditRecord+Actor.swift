extension AuditRecord {
    /// A principal as the log shows it. Made once a connection and copied into each of its records, so a copy is one reference, and what
    /// the log says of it is written out when it is made.
    public struct Actor: Sendable, Hashable {
        private final class Fields: Sendable {
            let tenant: String
            let service: String
            let roles: [String]
            let subject: String
            let subjectAlternativeNames: [String]
            let issuer: String
            let serial: String
            let fingerprint: String
            /// The fields as JSON without braces; all there is to an actor.
            let text: [UInt8]

            init(
                _ tenant: String,
                _ service: String,
                _ roles: [String],
                _ subject: String,
                _ subjectAlternativeNames: [String],
                _ issuer: String,
                _ serial: String,
                _ fingerprint: String
            ) {
                (self.tenant, self.service, self.roles) = (tenant, service, roles)
                (self.subject, self.subjectAlternativeNames) = (subject, subjectAlternativeNames)
                (self.issuer, self.serial, self.fingerprint) = (issuer, serial, fingerprint)
                var buffer = LineBuffer(capacity: 512)
                buffer.appendName(AuditField.tenant, first: true)
                buffer.append(string: tenant)
                buffer.append(AuditField.service, service)
                buffer.appendName(AuditField.roles)
                buffer.append(strings: roles)
                buffer.append(AuditField.subject, subject)
                buffer.appendName(AuditField.subjectAlternativeNames)
                buffer.append(strings: subjectAlternativeNames)
                buffer.append(AuditField.issuer, issuer)
                buffer.append(AuditField.serial, serial)
                buffer.append(AuditField.fingerprint, fingerprint)
                text = Array(buffer.bytes)
            }
        }

        private let fields: Fields

        public init(
            tenant: String,
            service: String,
            roles: [String],
            subject: String,
            subjectAlternativeNames: [String],
            issuer: String,
            serial: String,
            fingerprint: String
        ) {
            fields = Fields(tenant, service, roles, subject, subjectAlternativeNames, issuer, serial, fingerprint)
        }

        /// The same principal on behalf of another tenant.
        public func acting(for tenant: String) -> Actor {
            Actor(
                tenant: tenant,
                service: fields.service,
                roles: fields.roles,
                subject: fields.subject,
                subjectAlternativeNames: fields.subjectAlternativeNames,
                issuer: fields.issuer,
                serial: fields.serial,
                fingerprint: fields.fingerprint
            )
        }

        /// Empty for one that no identity rule maps.
        public var tenant: String { fields.tenant }
        public var service: String { fields.service }
        /// Of the certificate, RFC 4514.
        public var subject: String { fields.subject }
        /// As JSON without braces.
        var text: [UInt8] { fields.text }

        public static func == (lhs: Actor, rhs: Actor) -> Bool { lhs.fields === rhs.fields || lhs.fields.text == rhs.fields.text }
        public func hash(into hasher: inout Hasher) { hasher.combine(fields.text) }
    }
}
