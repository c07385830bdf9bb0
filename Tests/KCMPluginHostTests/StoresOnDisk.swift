import Testing

/// Suites that open stores on the disk. Opening waits for syncs on one of the few threads of all tests: one at a time, so that tests that
/// measure time beside them have another.
@Suite(.serialized) enum StoresOnDisk {}
