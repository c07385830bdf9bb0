import KCMAccess
import KCMAudit
import KCMEngine
import KMIP
import NIOCore
import Testing

/// Every operation, role, way in and level, of one's own tenant and of another, asked of the real service; the answers that are expected
/// are in ``AccessMatrix``.
@Suite struct AccessMatrixTests {
    enum Way: Int, CaseIterable { case core, throughEdge, edge }

    private static let letters: [(letter: Character, role: Role)] = [
        ("s", .service), ("t", .tenantAdmin), ("e", .edge), ("a", .auditor), ("?", Role(rawValue: "guest")),
    ]
    private static let levels: [Level] = [.l2, .l3, .l4]
    /// Chains that an edge passes on name one of these by its index.
    private static let clients: [Principal] = ["acme", "globex"].flatMap { tenant in
        letters.map { World.principal(tenant, "\(tenant)-\($0.role)", $0.role, assigned: $0.role == .edge ? .all : .none) }
    }

    /// Cells by operation: three ways times three levels.
    private static func rows() throws -> [KMIP.Operation: [String]] {
        var rows: [KMIP.Operation: [String]] = [:]
        for line in AccessMatrix.table.split(separator: "\n").dropFirst(2) {
            let columns = line.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
            let operation = try Self.operation(columns[0][0])
            let cells = columns.dropFirst().flatMap { $0 }
            try #require(cells.count == 9 && rows[operation] == nil, "\(line)")
            rows[operation] = cells
        }
        return rows
    }

    private static func operation(_ name: String) throws -> KMIP.Operation {
        guard let operation = KMIP.Operation(name: name) else { throw Unexpected() }
        return operation
    }

    @Test func everyOperationHasARowAndNothingElseHas() throws {
        #expect(Set(try Self.rows().keys) == Set(OperationTable.standard.operations))
    }

    @Test(arguments: Way.allCases)
    func theServiceAnswersAsTheTableSays(_ way: Way) async throws {
        let world = way == .edge ? try World.atEdge() : try World.atCore { chain in chain.first?.first.map { Self.clients[Int($0)] } }
        let rows = try Self.rows()
        for operation in OperationTable.standard.operations {
            guard let cells = rows[operation] else { continue }
            for (column, level) in Self.levels.enumerated() {
                let cell = cells[way.rawValue * 3 + column]
                for index in Self.clients.indices {
                    let letter = Self.letters[index % Self.letters.count].letter
                    let isAllowed = cell == "all" || cell.contains(letter)
                    let question = try await Question(operation, level, in: world, isFresh: isAllowed && level == world.engine.rules.homeLevel)
                    try await check(question, client: index, way, cell, isAllowed, world)
                }
                let unmapped = try await Question(operation, level, in: world, isFresh: false)
                let (items, audit) = try await world.batch([unmapped.payload], from: nil)
                #expect(items[0].resultReason == .authenticationNotSuccessful && audit[0].resultStatus == "OperationFailed", "\(operation)")
            }
        }
    }

    private func check(_ question: Question, client index: Int, _ way: Way, _ cell: String, _ isAllowed: Bool, _ world: World) async throws {
        let client = Self.clients[index]
        let (items, audit) =
            way == .throughEdge
            ? try await world.batch([question.payload], from: World.principal("openkcm", "edge", .edge, assigned: .all), propagated: [[UInt8(index)]])
            : try await world.batch([question.payload], from: client)
        let reason = items[0].resultReason
        let context: Comment =
            "\(question.operation) \(question.level) \(way) \(client.roles) of \(client.tenant): \(String(describing: reason)), rule \(audit[0].rule)"
        guard isAllowed else {
            // Get at L2 says why its value is never given.
            let isSensitive = question.operation == .get && question.level == .l2 && way != .edge
            #expect(reason == (isSensitive ? .sensitive : .permissionDenied), context)
            #expect(audit[0].rule == (cell == "x" ? "level-separation" : "default-deny"), context)
            return
        }
        #expect(!["level-separation", "default-deny", ""].contains(audit[0].rule), context)
        if cell.hasSuffix(">") {
            #expect(reason == .generalFailure && audit[0].servedBy == "core", context)
        } else if client.tenant == "globex", let object = question.object {
            if question.operation == .locate {
                var reader = TTLVReader(items: items[0].payload ?? ByteBuffer())
                #expect(try !LocateResponse(from: &reader).uniqueIdentifiers.contains(object), context)
            } else {
                #expect(reason == .itemNotFound, context)
            }
        } else {
            // Success, or what keeps even the most powerful from it.
            let isMissing = question.object != nil && question.operation != .locate && question.level != world.engine.rules.homeLevel
            let expected = isMissing ? .itemNotFound : AccessMatrix.reasons[question.operation]?[way == .edge ? 1 : 0] ?? nil
            #expect(reason == expected, context)
            #expect(audit[0].resultStatus == (expected == nil ? "Success" : "OperationFailed"), context)
        }
    }
}
