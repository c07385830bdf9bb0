import Glibc
import Testing

/// `pkcs11` in processes of their own: killed, without their token, refused by it, and under valgrind.
@Suite struct PKCS11ProcessTests {
    private let driver: TokenDriver
    init() async throws { driver = try await TokenDriver.shared.value }

    private static let before = ["a=1@1", "b=1@1", "c=1@1", "d=1@1"]
    private static let between = ["a=2@2", "c=2@2", "d=1@1", "e=1@1"]
    private static let after = ["d=1@1", "e=1@1"]
    private static let make = ["store", "batch k a=1 b=1 c=1", "batch k d=1", "close"]
    private static let change = ["store", "batch k a=2 -b c=2 e=1", "batch k -a -c"]
    private static let look = ["store", "dump k", "verify", "close"]

    /// What a fresh process finds, with a look at the token's structure.
    private func state(of token: Token) async throws -> [String] {
        let lines = try await driver.run(Self.look, on: token)
        #expect(lines.count >= 4 && lines[0] == "0" && Array(lines.suffix(3)) == ["0", "0", "0"], "\(lines)")
        return Array(lines.dropFirst().dropLast(3))
    }

    /// Before and after every object that is made or destroyed.
    @Test func aKillAtAnyStepLeavesAllOrNothing() async throws {
        var step = 1
        var seen: Set<[String]> = []
        while true {
            let token = try Token()
            #expect(try await driver.run(Self.make, on: token) == ["0", "0", "0", "0"])
            let answers = try await driver.run(Self.change, on: token, faulty: true, environment: "KCM_FAULT_KILL=\(step)")
            let found = try await state(of: token)
            let atLeast = [Self.before, Self.before, Self.between, Self.after][answers.count]
            #expect([Self.before, Self.between, Self.after].contains(found), "step \(step): \(found)")
            #expect(
                atLeast == found || (answers.count < 3 && found == (answers.count < 2 ? Self.between : Self.after)),
                "step \(step): \(answers) \(found)")
            seen.insert(found)
            if answers.count == 3 { break }
            step += 1
        }
        #expect(step > 20)
        #expect(seen.count == 3)
    }

    @Test func aKillAtAnyMomentLosesNothingThatWasAnswered() async throws {
        let token = try Token()
        let script = ["store"] + (1...2000).map { "batch k a=\($0) b=\($0) c=\($0)" }
        for round in 1...12 {
            let answers = try await driver.run(script, on: token, wrapper: "timeout -s KILL 0.\(100 + round * 17)").count { $0 == "0" }
            let found = try await state(of: token)
            // Every process counts from 1: the values say how far this one came.
            let values = Set(found.map { $0.split(separator: "=")[1].split(separator: "@")[0] })
            guard answers > 1 else { continue }
            #expect(found.count == 3 && values.count == 1, "\(found)")
            let value = try #require(values.first.flatMap { Int($0) })
            #expect(value == answers - 1 || value == answers, "\(answers - 1) answered, \(value) found")
        }
    }

    /// With and without the object made or destroyed: lost sessions, a lost token, a vague error, and a full token.
    @Test(arguments: ["0xB3", "-0xB3", "0x30", "-0x30", "0x32", "-0x32", "5", "-5", "0x31", "-0x31"])
    func anErrorAtAnyStepLeavesAllOrNothing(_ code: String) async throws {
        for step in 1...8 {
            let token = try Token()
            #expect(try await driver.run(Self.make, on: token) == ["0", "0", "0", "0"])
            let answers = try await driver.run(Self.change, on: token, faulty: true, environment: "KCM_FAULT_CODE=\(step):\(code)")
            let found = try await state(of: token)
            if code.contains("0x31"), step < 6 {
                #expect(step == 1 ? answers[0].hasPrefix("3") || answers[0].hasPrefix("5") : answers[1].hasPrefix("3"), "step \(step): \(answers)")
                #expect(found == (step == 1 ? Self.before : ["b=1@1", "d=1@1"]), "step \(step): \(found)")
            } else {
                #expect(answers == ["0", "0", "0"], "step \(step): \(answers)")
                #expect(found == Self.after, "step \(step): \(found)")
            }
        }
    }

    @Test func aChangedRecordIsCorrupt() async throws {
        let token = try Token()
        #expect(try await driver.run(["store", "batch k a=1 b=2", "close"], on: token) == ["0", "0", "0"])
        try token.folder.write(String(repeating: "?", count: 100), to: "value")
        let record = "--type data --application-label 'kcm-store:kcm' --label 'record 1 1/2'"
        // Instead of the true one: which of two the token names first depends on where they lie in memory.
        try token.run("\(Token.tool) --delete-object \(record)")
        try token.run("\(Token.tool) --write-object '\(token.folder.file("value"))' --private \(record)")
        let refused = try await driver.run(["store"], on: token)
        #expect(refused.count == 1 && refused[0].hasPrefix("6 a record of transaction 1 on the token is not what was written"), "\(refused)")
    }

    @Test func aTokenThatGoesIsUnavailableAndIsThereAgainWhenItReturns() async throws {
        let token = try Token()
        let tokens = token.folder.file("tokens")
        // Removed as the module reports it, and with its files: what SoftHSM makes of that.
        for (go, come) in [
            ("touch '\(token.folder.file("away"))'", "rm '\(token.folder.file("away"))'"),
            ("mv '\(tokens)'/* '\(tokens)-x'", "mv '\(tokens)-x' '\(tokens)/x'"),
        ] {
            let lines = try await driver.run(
                [
                    "store", "batch k a=1", "shell \(go)", "health", "batch k a=2", "dump k", "shell sleep 1.1; \(come)", "health", "batch k a=3",
                    "verify", "dump k", "batch k -a", "close",
                ],
                on: token, faulty: true, environment: "KCM_FAULT_AWAY='\(token.folder.file("away"))'")
            #expect(lines.count == 15, "\(lines)")
            #expect(lines[3].hasPrefix("5 ") && lines[4].hasPrefix("5 "), "\(lines)")
            #expect(lines[4].contains("the token kcm is not there"))
            // Reads go on from what is known.
            #expect(lines[5...6] == ["a=1@1", "0"])
            #expect(lines[7...12] == ["0", "0", "0", "0", "a=3@2", "0"])

            let root = try await driver.run(
                [
                    "root", "wrap 000102030405060708090a0b0c0d0e0f", "shell \(go)", "health", "wrap 000102030405060708090a0b0c0d0e0f",
                    "shell sleep 1.1; \(come)", "wrap 000102030405060708090a0b0c0d0e0f", "health", "close",
                ],
                on: token, settings: ["create": "yes"], faulty: true, environment: "KCM_FAULT_AWAY='\(token.folder.file("away"))'")
            #expect(root.count == 9 && root[3].hasPrefix("5 ") && root[4].hasPrefix("5 "), "\(root)")
            #expect(root[6].hasPrefix("1:") && root[6].hasSuffix(" 0"))
            #expect(root[7] == "0")
        }
    }

    @Test func aWrongPINIsTriedOnce() async throws {
        let token = try Token()
        let logins = token.folder.file("logins")
        try token.folder.write("0815", to: "pin")
        let lines = try await driver.run(["root", "store"], on: token, faulty: true, environment: "KCM_FAULT_LOGINS='\(logins)'")
        #expect(lines.allSatisfy { $0.hasPrefix("5 the token kcm refuses the PIN in \(token.folder.file("pin")) (CKR_PIN_INCORRECT)") }, "\(lines)")
        #expect(try Shell.runBlocking("cat '\(logins)'") == "login\nlogin\n")

        // One that serves already and finds its PIN changed: one attempt, whatever is called.
        try token.folder.write("4711", to: "pin")
        try Shell.runBlocking("rm '\(logins)'")
        let wrong = "printf 0815 > '\(token.folder.file("pin"))'", away = token.folder.file("away")
        let later = try await driver.run(
            [
                "root", "shell \(wrong)", "shell touch '\(away)'", "health", "shell sleep 1.1; rm '\(away)'", "health", "shell sleep 1.1", "health",
                "health", "shell printf 4711 > '\(token.folder.file("pin"))'", "health", "close",
            ],
            on: token, settings: ["create": "yes"], faulty: true, environment: "KCM_FAULT_LOGINS='\(logins)' KCM_FAULT_AWAY='\(away)'")
        #expect(later.count == 12, "\(later)")
        for line in [5, 7, 8] { #expect(later[line].contains("refuses the PIN"), "\(later)") }
        #expect(later[10...11] == ["0", "0"])
        #expect(try Shell.runBlocking("cat '\(logins)'") == "login\nlogin\nlogin\n")
    }

    /// Looking for a token that is not there starts the module anew, so this is not for the tests' own process.
    @Test func aTokenThatIsNotThereIsNamed() async throws {
        let token = try Token()
        for (settings, words) in [
            (["token": "nobody"], "5 the token nobody is not there"), (["serial": "0"], "5 the token kcm with serial number 0 is not there"),
            (["slot": "7"], "5 the token kcm in slot 7 is not there"),
        ] {
            let lines = try await driver.run(["root", "store"], on: token, settings: settings)
            #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix(words) }, "\(lines)")
        }
    }

    @Test func memoryIsClean() async throws {
        let token = try Token()
        let valgrind =
            "valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=9 --log-file='\(token.folder.file("valgrind"))'"
        var script = Self.make + Self.change + ["verify", "health", "dump k", "close"]
        #expect(!(try await driver.run(script, on: token, wrapper: valgrind)).isEmpty)
        #expect(try Shell.runBlocking("cat '\(token.folder.file("valgrind"))'") == "")
        let flipped = "unwrap 01000000011e7b6c53a0d8f1c22e3d4f5a" + String(repeating: "00", count: 40)
        script = ["root", "wrap 000102030405060708090a0b0c0d0e0f", flipped, "health", "close", "root", "close"]
        #expect(try await driver.run(script, on: token, settings: ["create": "yes"], wrapper: valgrind).count == 7)
        #expect(try Shell.runBlocking("cat '\(token.folder.file("valgrind"))'") == "")
        let refused = try await driver.run(["root", "store"], on: token, settings: ["key": "none"], wrapper: valgrind)
        #expect(refused.count == 2)
        #expect(try Shell.runBlocking("cat '\(token.folder.file("valgrind"))'") == "")
    }
}
