// Reads behind the end of what it allocated: has to be reported.
import Glibc

let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
bytes.initialize(repeating: 0, count: 16)
let length = Int(CommandLine.argc) + 15
exit(Int32(bytes[length]) &* 0)
