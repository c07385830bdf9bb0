/// What a random number generator is (KMIP 1.4 §2.1.18, §3.44).
public struct RNGParameters: Sendable, Hashable {
    public var algorithm: RNGAlgorithm?
    public var cryptographicAlgorithm: CryptographicAlgorithm?
    /// In bits.
    public var cryptographicLength: Int32?
    public var hashingAlgorithm: HashingAlgorithm?
    public var drbgAlgorithm: DRBGAlgorithm?
    public var recommendedCurve: RecommendedCurve?
    public var fips186Variation: FIPS186Variation?
    public var predictionResistance: Bool?

    /// A structure of these items.
    public init(
        algorithm: RNGAlgorithm? = nil,
        cryptographicAlgorithm: CryptographicAlgorithm? = nil,
        cryptographicLength: Int32? = nil,
        hashingAlgorithm: HashingAlgorithm? = nil,
        drbgAlgorithm: DRBGAlgorithm? = nil,
        recommendedCurve: RecommendedCurve? = nil,
        fips186Variation: FIPS186Variation? = nil,
        predictionResistance: Bool? = nil
    ) {
        self.algorithm = algorithm
        self.cryptographicAlgorithm = cryptographicAlgorithm
        self.cryptographicLength = cryptographicLength
        self.hashingAlgorithm = hashingAlgorithm
        self.drbgAlgorithm = drbgAlgorithm
        self.recommendedCurve = recommendedCurve
        self.fips186Variation = fips186Variation
        self.predictionResistance = predictionResistance
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init()
        while let item = try reader.next() {
            switch item.tag {
            case .rngAlgorithm where algorithm == nil: algorithm = try reader.enumeration(item)
            case .cryptographicAlgorithm where cryptographicAlgorithm == nil: cryptographicAlgorithm = try reader.enumeration(item)
            case .cryptographicLength where cryptographicLength == nil: cryptographicLength = try reader.integer(item)
            case .hashingAlgorithm where hashingAlgorithm == nil: hashingAlgorithm = try reader.enumeration(item)
            case .drbgAlgorithm where drbgAlgorithm == nil: drbgAlgorithm = try reader.enumeration(item)
            case .recommendedCurve where recommendedCurve == nil: recommendedCurve = try reader.enumeration(item)
            case .fips186Variation where fips186Variation == nil: fips186Variation = try reader.enumeration(item)
            case .predictionResistance where predictionResistance == nil: predictionResistance = try reader.boolean(item)
            case .rngAlgorithm,
                .cryptographicAlgorithm,
                .cryptographicLength,
                .hashingAlgorithm,
                .drbgAlgorithm,
                .recommendedCurve,
                .fips186Variation,
                .predictionResistance:
                throw .duplicate(item)
            default: try reader.validate(item)
            }
        }
    }

    /// Writes the whole structure under `tag`, its items in the order of the standard.
    public func encode(as tag: Tag, to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(tag)
        if let algorithm { writer.enumeration(.rngAlgorithm, algorithm) }
        if let cryptographicAlgorithm { writer.enumeration(.cryptographicAlgorithm, cryptographicAlgorithm) }
        if let cryptographicLength { writer.integer(.cryptographicLength, cryptographicLength) }
        if let hashingAlgorithm { writer.enumeration(.hashingAlgorithm, hashingAlgorithm) }
        if let drbgAlgorithm { writer.enumeration(.drbgAlgorithm, drbgAlgorithm) }
        if let recommendedCurve { writer.enumeration(.recommendedCurve, recommendedCurve) }
        if let fips186Variation { writer.enumeration(.fips186Variation, fips186Variation) }
        if let predictionResistance { writer.boolean(.predictionResistance, predictionResistance) }
        writer.endStructure(mark)
    }

    /// As the value of a Random Number Generator attribute.
    public var attributeValue: AttributeValue {
        var fields: [AttributeValue.Field] = []
        func add(_ tag: Tag, _ value: AttributeValue?) { if let value { fields.append(.init(tag, value)) } }
        add(.rngAlgorithm, algorithm.map { .enumeration($0.rawValue) })
        add(.cryptographicAlgorithm, cryptographicAlgorithm.map { .enumeration($0.rawValue) })
        add(.cryptographicLength, cryptographicLength.map { .integer($0) })
        add(.hashingAlgorithm, hashingAlgorithm.map { .enumeration($0.rawValue) })
        add(.drbgAlgorithm, drbgAlgorithm.map { .enumeration($0.rawValue) })
        add(.recommendedCurve, recommendedCurve.map { .enumeration($0.rawValue) })
        add(.fips186Variation, fips186Variation.map { .enumeration($0.rawValue) })
        add(.predictionResistance, predictionResistance.map { .boolean($0) })
        return .structure(fields)
    }
}
