#!/usr/bin/env python3
"""What must not stand in the repository, and how long files and functions may be.

 * no path of the machine it was checked out on, no host name of it
 * no address of a package registry
 * in what is shipped (src, include): no libc call that cannot bound its output or its parse, and no shell
 * no two source files of the same name (examples below docs/ aside: readers copy them out)
 * C files up to 600 lines; functions up to 80 lines (longer ones are listed, over 120 fail)

--self-test plants each and expects it found.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

# In two halves, so that this file does not hold what it looks for.
REGISTRIES = [".".join(parts) for parts in (
    ("registry", "npmjs"), ("npmjs", "com"), ("pypi", "org"), ("pythonhosted", "org"), ("crates", "io"), ("repo1", "maven"), ("repo", "maven"),
    ("maven", "org"), ("rubygems", "org"), ("proxy.golang", "org"), ("nuget", "org"), ("deb.debian", "org"), ("docker", "io"), ("ghcr", "io"),
    ("quay", "io"), ("packagist", "org"))]
BANNED_CALLS = ("strcpy strcat sprintf vsprintf gets strtok strncpy strncat atoi atol atoll atof alloca stpcpy tmpnam mktemp "
                "gmtime localtime asctime ctime system popen scanf sscanf fscanf").split()
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED_CALLS) + r")\s*\(")
SHIPPED = ("src/", "include/")
FILE_LINES, FUNCTION_REPORT, FUNCTION_FAIL = 600, 80, 120


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_only(text):
    """Comments and the insides of literals as blanks; line numbers stay."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text, flags=re.S)


def functions(code):
    """(name, first line, lines): bodies open with '{' in the first column, or on the line of the name."""
    lines = code.split("\n")
    start = None
    for i, line in enumerate(lines):
        if line.startswith("{") and start is None:
            start = i
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 4):start])
            names = re.findall(r"(\w+)\s*\(", head.rsplit(";", 1)[-1].rsplit("}", 1)[-1])
            if names:
                yield names[0], start + 1, i - start - 1
            start = None


def machine_words(root):
    words = {str(root), str(root.parent)} - {"/"}
    words.add(str(pathlib.Path.home()) + "/")
    words.add("/roo" + "t/")
    return {w for w in words if len(w) > 4 and w not in ("/tmp", "/usr", "/opt", "/srv", "/home", "/build")}


def breaches(root, files, machine):
    seen = {}
    for name in files:
        path = root / name
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for word in machine:
                if word in line:
                    yield "words", f"{name}:{number}: a path of this machine: {word}"
            lower = line.lower()
            for registry in REGISTRIES:
                if registry in lower:
                    yield "words", f"{name}:{number}: the address of a registry"
        if path.suffix not in (".c", ".h"):
            continue
        if path.name in seen and not name.startswith("docs/"):
            yield "unique", f"{name}: same file name as {seen[path.name]}"
        if not name.startswith("docs/"):
            seen[path.name] = name
        code = code_only(text)
        for number, line in enumerate(code.split("\n"), 1):
            for call in CALL.findall(line) if name.startswith(SHIPPED) else ():
                yield "call", f"{name}:{number}: {call}"
        n = text.count("\n")
        if n > FILE_LINES and "generated" not in text[:400].lower():
            yield "long", f"{name}: {n} lines"
        for function, line, n in functions(code):
            if n > FUNCTION_FAIL:
                yield "long", f"{name}:{line}: {function} has {n} lines"
            elif n > FUNCTION_REPORT:
                yield "note", f"{name}:{line}: {function} has {n} lines"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "src").mkdir()
        (root / "src/a.c").write_text('/* strcpy(a) */ const char *f(void)\n{\n    return "strcpy(x)";\n}\n')
        (root / "src/b.c").write_text("void g(void)\n{\n    strcpy(a, b);\n}\n" + "int long_one(int x)\n{\n" + "    x++;\n" * 130 + "}\n")
        (root / "a.c").write_text("int x;\n" * 700)
        (root / "n.txt").write_text(f"see https://{REGISTRIES[2]}/x and {root}/y\n")
        found = list(breaches(root, ["src/a.c"], {str(root)}))
        assert found == [], found
        found = [text for _, text in breaches(root, ["src/a.c", "src/b.c", "a.c", "n.txt"], {str(root)})]
        for planted in ("src/b.c:3: strcpy", "long_one has 130", "same file name", "a.c: 700 lines", "registry", "path of this machine"):
            assert any(planted in text for text in found), f"not noticed: {planted} in {found}"


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    root = pathlib.Path(__file__).resolve().parent.parent
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        files = [f for f in listed.stdout.split("\0") if f]
    else:  # an unpacked release
        files = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and p.relative_to(root).parts[0] not in ("build", ".git")]
    found = list(breaches(root, files, machine_words(root)))
    bad = [text for kind, text in found if kind != "note"]
    notes = [text for kind, text in found if kind == "note"]
    print("\n".join(bad) if bad else f"{len(files)} files")
    if notes:
        print(f"functions over {FUNCTION_REPORT} lines:", *notes, sep="\n  ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
