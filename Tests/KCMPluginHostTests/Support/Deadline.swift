/// For tests that are about something else: a disk or a compiler beside them may take seconds.
let noDeadline = Duration.seconds(120)
