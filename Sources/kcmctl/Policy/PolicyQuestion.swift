internal import KCMAccess
internal import KCMCore
internal import KCMEdge
internal import KCMEngine
internal import KCMSettings
internal import KMIP

/// What a daemon of some configuration would decide on one operation, and why. The same rules in the same order as the service.
struct PolicyQuestion {
    let mode: Settings.Mode
    let policy: KCMAccess.Policy
    let client: Principal
    /// The edge that passes the request on, at Core.
    let via: Principal?
    let operation: KMIP.Operation
    /// `nil` for operations on the server itself.
    let level: Level?
    let type: ObjectType?
    /// The object's names; empty where it has none, or they are not known.
    let names: [String]

    /// The answer.
    struct Verdict {
        let isAllowed: Bool
        /// As the audit log would have it.
        let rule: String
        /// For a person.
        let reason: String
        /// Passed on to Core, which decides, too.
        var isDelegated = false
    }

    var scope: KCMAccess.Policy.Scope { mode == .edge ? .edge : via == nil ? .coreDirect : .corePropagated }

    func verdict() -> Verdict {
        if let via {
            guard via.roles.contains(.edge) else {
                return Verdict(
                    isAllowed: false, rule: "headers-from-edges-only", reason: "\(via.service) has not the role edge and cannot pass requests on")
            }
            guard via.assignedTenants.contains(client.tenant) else {
                return Verdict(
                    isAllowed: false, rule: "edge-assignment", reason: "the edge \(via.service) is not assigned to the tenant \(client.tenant)")
            }
        }
        var isDelegated = false
        if let level {
            switch mode == .edge ? EdgeMode.route(operation, level: level) : CoreMode.route(operation, level: level) {
            case .local: break
            case .delegated: isDelegated = true
            case .refused(let failure): return Verdict(isAllowed: false, rule: "level-separation", reason: failure.message)
            }
        }
        let asked = level.flatMap { KCMAccess.Policy.Level(rawValue: $0.name) }
        let decision = policy.decide(client.roles, operation, level: asked, in: scope)
        guard decision.isAllowed else {
            return Verdict(isAllowed: false, rule: decision.rule, reason: "no rule grants \(operation) to \(Self.list(client.roles)) here")
        }
        var decisions = [decision]
        if let via {
            let edge = policy.decide(via.roles, operation, level: asked, in: .coreDirect)
            guard edge.isAllowed else {
                return Verdict(
                    isAllowed: false, rule: edge.rule, reason: "the client may, but no rule grants \(operation) to the edge \(via.service)")
            }
            decisions.append(edge)
        }
        for decision in decisions where !decision.permits(type: type, names: names) || isDelegated && !decision.restrictions.isEmpty {
            let wanted =
                isDelegated
                ? "what Edge cannot check: it belongs into Core's policy" : decision.restrictions.map(Self.text).joined(separator: "; or ")
            return Verdict(isAllowed: false, rule: "\(decision.rule): object out of reach", reason: "the rule asks for \(wanted)")
        }
        return Verdict(
            isAllowed: true, rule: decision.rule, reason: isDelegated ? "Edge passes it on, and Core decides again" : "granted",
            isDelegated: isDelegated)
    }

    private static func list(_ roles: Set<Role>) -> String { roles.isEmpty ? "no role" : roles.map(\.rawValue).sorted().joined(separator: ", ") }

    private static func text(_ restriction: KCMAccess.Policy.Restriction) -> String {
        var parts: [String] = []
        if !restriction.types.isEmpty { parts.append("a type among " + restriction.types.map(\.description).sorted().joined(separator: ", ")) }
        if !restriction.namePrefixes.isEmpty { parts.append("names that start with " + restriction.namePrefixes.joined(separator: ", ")) }
        return parts.joined(separator: " and ")
    }
}
