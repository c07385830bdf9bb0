"""Writes a C program that prints the constants of a plugin header, and the place and size of every member of its structs.

Function pointers are assigned to variables of the type that the header had, so that a changed signature does not compile.
"""

import re
import sys

text = open(sys.argv[1]).read()
code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
print('#include <kcm/kcm_plugin.h>\n#include <stdio.h>\nint main(void)\n{')
for name, value in re.findall(r"^#define (KCM_\w+) +(\S+)", code, flags=re.M):
    if name in ("KCM_PLUGIN_H", "KCM_EXPORT", "KCM_ABI_MINOR"):
        continue
    form = "%s" if value.startswith('"') else "%llu"
    cast = "" if value.startswith('"') else "(unsigned long long)"
    print(f'    printf("{name} {form}\\n", {cast}{name});')
for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", code, flags=re.S):
    # Members end in `;` outside of parentheses.
    for number, member in enumerate(part.strip() for part in body.split(";")):
        if not member:
            continue
        member = " ".join(member.split())
        function = re.match(r"(.*?)\(\*(\w+)\)(\(.*\))$", member)
        field = function.group(2) if function else re.search(r"(\w+)(\[\d+\])?$", member).group(1)
        print(f'    printf("{name}.{field} at %zu, %zu bytes\\n", offsetof({name}, {field}), sizeof(({name} *)0)->{field});')
        if function:
            print(f"    {{ {name} value = {{0}}; {function.group(1)}(*same){function.group(3)} = value.{field}; (void)same; }}")
print("    return 0;\n}")
