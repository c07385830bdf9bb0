/// Searches objects by attributes (KMIP 1.4 §4.9).
public struct LocateRequest: RequestPayload {
    public static var operation: Operation { .locate }

    public var maximumItems: Int32?
    /// KMIP 1.3: how many matches to skip.
    public var offsetItems: Int32?
    /// A Storage Status Mask; `nil`: on-line objects only.
    public var storageStatusMask: Int32?
    public var objectGroupMember: ObjectGroupMember?
    /// All have to match; a date given twice is a range.
    public var attributes: [Attribute]

    /// A payload of these items.
    public init(
        maximumItems: Int32? = nil,
        offsetItems: Int32? = nil,
        storageStatusMask: Int32? = nil,
        objectGroupMember: ObjectGroupMember? = nil,
        attributes: [Attribute] = []
    ) {
        self.maximumItems = maximumItems
        self.offsetItems = offsetItems
        self.storageStatusMask = storageStatusMask
        self.objectGroupMember = objectGroupMember
        self.attributes = attributes
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var maximumItems: Int32?
        var offsetItems: Int32?
        var storageStatusMask: Int32?
        var objectGroupMember: ObjectGroupMember?
        var attributes: [Attribute] = []
        while let item = try reader.next() {
            switch item.tag {
            case .maximumItems where maximumItems == nil: maximumItems = try reader.integer(item)
            case .offsetItems where offsetItems == nil: offsetItems = try reader.integer(item)
            case .storageStatusMask where storageStatusMask == nil: storageStatusMask = try reader.integer(item)
            case .objectGroupMember where objectGroupMember == nil: objectGroupMember = try reader.enumeration(item)
            case .attribute: attributes.append(try reader.nested(item, Attribute.init(from:)))
            case .maximumItems, .offsetItems, .storageStatusMask, .objectGroupMember: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            maximumItems: maximumItems,
            offsetItems: offsetItems,
            storageStatusMask: storageStatusMask,
            objectGroupMember: objectGroupMember,
            attributes: attributes
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let maximumItems { writer.integer(.maximumItems, maximumItems) }
        if let offsetItems { writer.integer(.offsetItems, offsetItems) }
        if let storageStatusMask { writer.integer(.storageStatusMask, storageStatusMask) }
        if let objectGroupMember { writer.enumeration(.objectGroupMember, objectGroupMember) }
        for value in attributes { value.encode(to: &writer) }
    }
}

/// Lists the matches, newest first (KMIP 1.4 §4.9).
public struct LocateResponse: ResponsePayload {
    /// KMIP 1.3: how many objects match, all pages together.
    public var locatedItems: Int32?
    public var uniqueIdentifiers: [String]

    /// A payload of these items.
    public init(locatedItems: Int32? = nil, uniqueIdentifiers: [String] = []) {
        self.locatedItems = locatedItems
        self.uniqueIdentifiers = uniqueIdentifiers
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var locatedItems: Int32?
        var uniqueIdentifiers: [String] = []
        while let item = try reader.next() {
            switch item.tag {
            case .locatedItems where locatedItems == nil: locatedItems = try reader.integer(item)
            case .uniqueIdentifier: uniqueIdentifiers.append(try reader.text(item))
            case .locatedItems: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(locatedItems: locatedItems, uniqueIdentifiers: uniqueIdentifiers)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let locatedItems { writer.integer(.locatedItems, locatedItems) }
        for value in uniqueIdentifiers { writer.text(.uniqueIdentifier, value) }
    }
}
