public import KMIP

/// One managed object as the engine holds it: a snapshot that never changes. A change makes a new snapshot with the next revision.
public final class KeyObject: Sendable {
    public let uniqueIdentifier: String
    public let level: Level
    public let objectType: ObjectType
    /// All attributes that are kept; those that follow from the object itself are added on reading.
    public let attributes: AttributeSet
    /// The stored state. Dates may have moved it on: see ``state(at:)``.
    public let storedState: State
    /// `nil` once destroyed, and for objects registered without a value.
    public let material: Material?
    /// 1 when made; grows by 1 with each change. 0 for an object that is not stored yet.
    public let revision: UInt64
    /// What the hot path asks of a key, read out of the attributes once.
    let rules: UseRules

    init(
        uniqueIdentifier: String,
        level: Level,
        objectType: ObjectType,
        attributes: AttributeSet,
        state: State,
        material: Material?,
        revision: UInt64
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.level = level
        self.objectType = objectType
        self.attributes = attributes
        self.storedState = state
        self.material = material
        self.revision = revision
        rules = UseRules(attributes)
    }

    /// The state at a time, after what the dates have done (KMIP 1.4 §3.22).
    /// - Parameter now: seconds since 1970 UTC.
    public func state(at now: Int64) -> State {
        Lifecycle.state(storedState, activation: rules.activationDate, deactivation: rules.deactivationDate, at: now)
    }

    /// True once the key material is gone for good.
    public var isDestroyed: Bool { storedState == .destroyed || storedState == .destroyedCompromised }
}

/// What decides whether a key may be used, taken from its attributes.
struct UseRules: Sendable {
    let usageMask: CryptographicUsageMask
    let activationDate: Int64?
    let processStartDate: Int64?
    let protectStopDate: Int64?
    let deactivationDate: Int64?
    let algorithm: CryptographicAlgorithm?
    /// In bits.
    let length: Int32?
    let parameters: CryptographicParameters?
    let usageLimits: UsageLimits?
    /// In archival storage (KMIP 1.4 §4.22).
    let isArchived: Bool

    init(_ attributes: AttributeSet) {
        usageMask = attributes.usageMask ?? []
        activationDate = attributes.date(.activationDate)
        processStartDate = attributes.date(.processStartDate)
        protectStopDate = attributes.date(.protectStopDate)
        deactivationDate = attributes.date(.deactivationDate)
        algorithm = attributes.algorithm
        length = attributes.length
        parameters = attributes.cryptographicParameters
        usageLimits = UsageLimits(attributes[.usageLimits])
        isArchived = attributes.contains(.archiveDate)
    }
}
