/// Where things are in the source tree, seen from this file.
enum Repository {
    static let tests = String(#filePath.dropLast("/Support/Repository.swift".count))
    static let root = String(tests.dropLast("/Tests/KCMPluginHostTests".count))
    static let fixtures = tests + "/Fixtures"
    /// The include path of the plugin SDK.
    static let header = root + "/plugin-sdk/include"
}
