public import NIOCore

/// Asks for a renewed certificate (KMIP 1.4 §4.8).
public struct ReCertifyRequest: RequestPayload {
    public static var operation: Operation { .reCertify }

    /// The certificate. `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// There with a Certificate Request only.
    public var certificateRequestType: CertificateRequestType?
    /// PKCS #10, as DER or PEM.
    public var certificateRequest: ByteBuffer?
    /// Seconds from the Initial Date to the Activation Date of the replacement.
    public var offset: UInt32?
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        certificateRequestType: CertificateRequestType? = nil,
        certificateRequest: ByteBuffer? = nil,
        offset: UInt32? = nil,
        templateAttribute: TemplateAttribute? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.certificateRequestType = certificateRequestType
        self.certificateRequest = certificateRequest
        self.offset = offset
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var certificateRequestType: CertificateRequestType?
        var certificateRequest: ByteBuffer?
        var offset: UInt32?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .certificateRequestType where certificateRequestType == nil: certificateRequestType = try reader.enumeration(item)
            case .certificateRequest where certificateRequest == nil: certificateRequest = try reader.bytes(item)
            case .offset where offset == nil: offset = try reader.interval(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .uniqueIdentifier,
                .certificateRequestType,
                .certificateRequest,
                .offset,
                .templateAttribute:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            certificateRequestType: certificateRequestType,
            certificateRequest: certificateRequest,
            offset: offset,
            templateAttribute: templateAttribute
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let certificateRequestType { writer.enumeration(.certificateRequestType, certificateRequestType) }
        if let certificateRequest { writer.bytes(.certificateRequest, certificateRequest) }
        if let offset { writer.interval(.offset, offset) }
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}

/// Names the new certificate (KMIP 1.4 §4.8).
public struct ReCertifyResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// What the server set beyond the request.
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(uniqueIdentifier: String, templateAttribute: TemplateAttribute? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .uniqueIdentifier, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, templateAttribute: templateAttribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}
