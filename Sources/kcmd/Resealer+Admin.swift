internal import KCMAudit
internal import KCMEdge
internal import KCMEngine
internal import KCMServer

/// How operators see and start re-sealing.
extension Resealer {
    /// `GET /reseal` tells how far it is; `POST /reseal?tenant=T&rate=N` takes tenants up, all without `tenant`; with `count` they are
    /// only counted.
    func answer(_ request: AdminRequest) async -> AdminAnswer {
        guard request.changes else { return AdminAnswer(200, text) }
        let sent = request.query["rate"]
        let rate = sent.map { Int($0) } ?? Self.standardRate
        guard let rate, (1...1_000_000).contains(rate) else { return AdminAnswer(400, "rate is a number of objects a second\n") }
        do {
            let isKnown = try await start(tenant: request.query["tenant"], rate: rate, countsOnly: request.query["count"] != nil)
            return isKnown ? AdminAnswer(202, text) : AdminAnswer(404, "there is no sealing key of this tenant here\n")
        } catch {
            InternalFailure.report(error)
            return AdminAnswer(503, "the keystore does not answer\n")
        }
    }

    /// A line a tenant of fields that are `name=value`, the message last; then a line a generation, indented.
    private var text: String {
        var text = ""
        for one in progress {
            text += "tenant=\(one.tenant) state=\(one.state.rawValue) current=\(one.current) left=\(one.left) resealed=\(one.resealed)"
            text += " failed=\(one.failed) message=\(one.message)\n"
            for generation in Set(one.objects.keys).union(one.keys.keys).sorted() {
                let state = generation == one.current ? "current" : one.shut.contains(generation) ? "shut" : "open"
                text += "    generation=\(generation) objects=\(one.objects[generation] ?? 0) state=\(state) key=\(one.keys[generation] ?? "")\n"
            }
        }
        return text
    }

    /// The text format that scrapers read; empty before anyone asked for re-sealing.
    var metrics: String {
        let progress = progress
        guard !progress.isEmpty else { return "" }
        var objects = "# TYPE kcm_sealed_objects gauge\n"
        var resealed = "# TYPE kcm_resealed_objects gauge\n"
        var failed = "# TYPE kcm_reseal_failures gauge\n"
        for one in progress {
            for (generation, count) in one.objects.sorted(by: { $0.key < $1.key }) {
                let isCurrent = generation == one.current
                objects += "kcm_sealed_objects{tenant=\"\(one.tenant)\",generation=\"\(generation)\",current=\"\(isCurrent)\"} \(count)\n"
            }
            resealed += "kcm_resealed_objects{tenant=\"\(one.tenant)\"} \(one.resealed)\n"
            failed += "kcm_reseal_failures{tenant=\"\(one.tenant)\"} \(one.failed)\n"
        }
        return objects + resealed + failed
    }
}

extension Resealer.Progress {
    /// What a run leaves in the audit log, beside the intents of its changes.
    var record: AuditRecord {
        var record = AuditRecord()
        record.time = WallClock.now
        record.traceID = TraceContext.make().traceID
        record.transport = "internal"
        record.operation = "Reseal"
        record.level = "L4"
        record.resultStatus = state == .done ? "Success" : "OperationFailed"
        record.resultReason = state == .done ? "" : "GeneralFailure"
        record.rule = "internal: \(tenant), generation \(current), \(resealed) sealed anew, \(left) left"
        return record
    }
}
