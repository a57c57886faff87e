#!/usr/bin/env python3
"""Derives and checks fingerprint files (docs/fingerprints.md) from the jars of a product's releases.

  derive-fingerprints.py suggest FILE.fp PRODUCT JAR...        strings of the product's classes that part neighbouring releases
  derive-fingerprints.py split FIXED[,FIXED...] JAR...         strings of any class that the fixed releases have and the others have not
  derive-fingerprints.py lines FILE.fp PRODUCT JAR... [--write]  the `releases` lines; --write puts them into the file
  derive-fingerprints.py check FILE.fp PRODUCT JAR...          every jar shows exactly what its line says; exit status 1 if not

JAR is a path (NAME-VERSION.jar, or VERSION=path), a folder of jars, or GROUP:ARTIFACT:VERSION, which Maven fetches into
its own cache. Releases of the file for which no jar is given keep their line.
"""
import argparse
import pathlib
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import zipfile

WIDTHS = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def skip(self, n):
        self.at += n

    def u1(self):
        self.at += 1
        return self.data[self.at - 1]

    def u2(self):
        self.at += 2
        return struct.unpack_from(">H", self.data, self.at - 2)[0]

    def u4(self):
        self.at += 4
        return struct.unpack_from(">I", self.data, self.at - 4)[0]


def attributes(r, texts, debug):
    """Walks attributes; what only debug tables name goes to debug."""
    for _ in range(r.u2()):
        name, size = texts[r.u2()], r.u4()
        end = r.at + size
        if name == "Code":
            r.at += 4
            r.skip(r.u4())
            r.skip(8 * r.u2())
            attributes(r, texts, debug)
        elif name in ("LocalVariableTable", "LocalVariableTypeTable"):
            for _ in range(r.u2()):
                r.at += 4
                debug |= {r.u2(), r.u2()}
                r.at += 2
        elif name == "SourceFile":
            debug.add(r.u2())
        elif name == "MethodParameters":
            for _ in range(r.u1()):
                debug.add(r.u2())
                r.at += 2
        r.at = end


def read_class(data):
    """(its own name, its Utf8 constants but for those that only debug tables name); None when it is no class. Debug tables are the first
    thing that a rebuild leaves out."""
    if data[:4] != b"\xca\xfe\xba\xbe":
        return None
    r, texts, classes, used, debug = Reader(data, 8), {}, {}, set(), set()
    count, index = r.u2(), 1
    while index < count:
        tag = r.u1()
        if tag == 1:
            size = r.u2()
            texts[index] = data[r.at:r.at + size].decode("utf-8", "replace")
            r.at += size
        else:
            if tag == 7:
                classes[index] = Reader(data, r.at).u2()
            if tag in (7, 8, 12, 16, 19, 20):
                inner = Reader(data, r.at)
                used |= {inner.u2()} | ({inner.u2()} if tag == 12 else set())
            r.at += WIDTHS[tag]
            index += tag in (5, 6)
        index += 1
    r.at += 2
    this = texts[classes[r.u2()]]
    r.at += 2
    r.skip(2 * r.u2())
    for _ in range(2):
        for _ in range(r.u2()):
            r.at += 2
            used |= {r.u2(), r.u2()}
            attributes(r, texts, debug)
    attributes(r, texts, debug)
    return this, {t for i, t in texts.items() if i not in debug or i in used}


def read_jar(path, stems=None):
    """stems: the simple names of the classes to read; None: all."""
    classes = {}
    with zipfile.ZipFile(path) as jar:
        for name in jar.namelist():
            if name.endswith(".class") and not name.startswith("META-INF/versions/") and (stems is None or name[:-6].rsplit("/", 1)[-1] in stems):
                found = read_class(jar.read(name))
                if found and found[0] != "module-info":
                    classes[found[0]] = found[1]
    return classes


def version_key(version):
    """Near enough to Maven's order for releases: numbers, then alpha < beta < milestone < rc < the release."""
    ranks = {"alpha": -4, "beta": -3, "m": -2, "rc": -1}
    parts = []
    for word in re.findall(r"\d+|[a-z]+", version.lower()):
        parts.append((0, int(word)) if word.isdigit() else (ranks.get(word, 1), 0))
    while len(parts) < 6:
        parts.append((0, 0))
    return parts


class Product:
    def __init__(self, name):
        self.name, self.classes, self.features, self.requires, self.lines, self.artifact = name, {}, {}, {}, [], ""
        self.groups = {}

    def class_in(self, role, jar):
        """The strings of a role's class in a jar, or None."""
        for path in self.classes[role]:
            for name, texts in jar.items():
                if (name == path or name.endswith("/" + path)) and all(any(answers(a, texts) for a in any_of) for any_of in self.requires.get(role, ())):
                    return texts
        return None

    def shows(self, jar):
        shown = set()
        for role in self.classes:
            texts = self.class_in(role, jar)
            if texts is None:
                continue
            shown.add(role)
            shown |= {name for name, (of, ask) in self.features.items() if of == role and answers(ask, texts)}
        return shown


def answers(ask, texts):
    op, text = ask
    if op == "has":
        return text in texts
    if op == "contains":
        return any(text in t for t in texts)
    return any(t.replace(".", "/").endswith(text.replace(".", "/")) for t in texts)


def read_file(path):
    products, product = {}, None
    for line in path.read_text().splitlines():
        words = shlex.split(line, comments=True) if re.match(r"\s*(product|purl|class|feature|requires|releases)\b", line) else []
        if not words:
            continue
        if words[0] == "product":
            product = products[words[1]] = Product(words[1])
        elif words[0] == "purl":
            product.artifact = words[1].rsplit("/", 1)[1]
        elif words[0] == "class":
            product.classes[words[1]] = words[2:]
        elif words[0] == "feature":
            product.features[words[1]] = (words[2], (words[3], words[4]))
        elif words[0] == "requires":
            product.requires.setdefault(words[1], []).append(list(zip(words[2::2], words[3::2])))
        elif words[0] == "releases":
            show = words.index("show")
            named = {w for w in words[show + 1:]}
            named |= {product.features[w][0] for w in named if w in product.features}
            product.lines.append(([w for w in words[1:show] if w != "later"], named, "later" in words[1:show]))
    return products


def fetch(coordinates, stems):
    """Group, artifact and version through Maven's own client and cache."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "jars")
        items = "".join(f"<artifactItem><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version>"
                        f"<outputDirectory>{out}</outputDirectory></artifactItem>" for g, a, v in coordinates)
        pom = pathlib.Path(folder, "pom.xml")
        pom.write_text("<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>jars</artifactId><version>1</version>"
                       "<packaging>pom</packaging><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId>"
                       "<artifactId>maven-dependency-plugin</artifactId><configuration><artifactItems>"
                       f"{items}</artifactItems></configuration></plugin></plugins></build></project>")
        subprocess.run(["mvn", "-q", "-B", "-f", str(pom), "dependency:copy"], check=True, stdout=sys.stderr)
        return {v: read_jar(out / f"{a}-{v}.jar", stems) for _, a, v in coordinates}


def read_jars(names, product=None):
    artifact = product.artifact if product else None
    stems = {p.rsplit("/", 1)[1] for paths in product.classes.values() for p in paths} if product else None
    jars, wanted = {}, []
    for name in names:
        if re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", name):
            wanted.append(tuple(name.split(":")))
            continue
        version, _, path = name.rpartition("=")
        paths = sorted(pathlib.Path(path).glob("*.jar")) if pathlib.Path(path).is_dir() else [pathlib.Path(path)]
        for p in paths:
            match = re.fullmatch(r"(.+?)-(\d.*)\.jar", p.name)
            if artifact and match and match[1] != artifact and not version:
                continue
            jars[version or (match[2] if match else p.stem)] = read_jar(p, stems)
    if wanted:
        jars.update(fetch(wanted, stems))
    if not jars:
        sys.exit("derive-fingerprints: no jar")
    return dict(sorted(jars.items(), key=lambda kv: version_key(kv[0])))


def telling(text):
    """Worth naming in a fingerprint: survives recompiling, stripping of debug tables and relocation."""
    return 3 < len(text) < 90 and not re.search(r"[/;()<>$]|\.java$|^(access|lambda|this|Local|Line|Stack|Source|Inner|Runtime|Boot|Const|Signature|Except)", text) \
        and not re.fullmatch(r"(java|javax|org)\..*", text)


def best(texts, n):
    return sorted(texts, key=lambda t: (not re.search(r"[A-Z ]", t), len(t)))[:n]


def suggest(product, jars):
    versions = list(jars)
    shows = {v: product.shows(jars[v]) for v in versions}
    for before, after in zip(versions, versions[1:]):
        if shows[before] != shows[after]:
            continue
        print(f"{before} and {after} show the same")
        for role in product.classes:
            a, b = product.class_in(role, jars[before]), product.class_in(role, jars[after])
            if a is None or b is None:
                continue
            for sign, texts in (("+", b - a), ("-", a - b)):
                # Of the strings that part these two, those that part the rest at this place as well come first.
                for text in best(filter(telling, texts), 4):
                    seen = [v for v in versions if text in (product.class_in(role, jars[v]) or ())]
                    print(f"    {sign} {role} has \"{text}\"    in {len(seen)}: {seen[0]} .. {seen[-1]}")


def split(fixed, jars):
    missing = [v for v in fixed if v not in jars]
    if missing:
        sys.exit(f"derive-fingerprints: no jar of {', '.join(missing)}")
    common = set.intersection(*(set(jars[v]) for v in fixed))
    rows = []
    for name in common:
        texts = set.intersection(*(jars[v][name] for v in fixed))
        others = [jars[v][name] for v in jars if v not in fixed and name in jars[v]]
        for text in filter(telling, texts):
            if others and not any(text in o for o in others):
                rows.append((len(others), name, text))
    for others, name, text in sorted(rows, key=lambda r: (-r[0], len(r[1]), len(r[2])))[:40]:
        print(f"{name} has \"{text}\"    ({others} others have the class without it)")
    gone = set.union(*(set(jars[v]) for v in jars if v not in fixed)) - set.union(*(set(jars[v]) for v in fixed))
    new = common - set.union(*(set(jars[v]) for v in jars if v not in fixed))
    print("classes that only the fixed have:", ", ".join(sorted(new)[:10]) or "none")
    print("classes that only the others have:", ", ".join(sorted(gone)[:10]) or "none")


def derive_lines(product, jars):
    rows = {v: (product.shows(jar), False) for v, jar in jars.items()}
    for versions, named, later in product.lines:
        for v in versions:
            rows.setdefault(v, (named, later))
    lines = []
    for v in sorted(rows, key=version_key):
        shown = rows[v][0]
        if lines and lines[-1][1] == shown:
            lines[-1][0].append(v)
        else:
            lines.append(([v], shown))
    later = {v for versions, _, l in product.lines if l for v in versions[-1:]}
    out = []
    for versions, shown in lines:
        names = [c for c in product.classes if c in shown]
        words = []
        for c in names:
            features = [f for f, (of, _) in product.features.items() if of == c and f in shown]
            words += features or [c]
        mark = " later" if later & set(versions) else ""
        out.append(f"releases {' '.join(versions)}{mark} show {' '.join(words)}")
    return out


def write_lines(path, product, lines):
    out, inside, done = [], False, False
    for line in path.read_text().splitlines():
        if line.startswith("product "):
            inside = line.split()[1] == product
        if inside and line.startswith("releases "):
            if not done:
                out += lines
            done = True
            continue
        if inside and not done and line.startswith("cve "):
            out += lines + [""]
            done = True
        out.append(line)
    if not done:
        out += lines
    path.write_text("\n".join(out) + "\n")


def check(product, jars):
    known, wrong = {}, 0
    for versions, named, _ in product.lines:
        known.update({v: named for v in versions})
    for v, jar in jars.items():
        shown = product.shows(jar)
        if v not in known:
            print(f"{product.name} {v}: not in the file")
        elif known[v] != shown:
            print(f"{product.name} {v}: missing {' '.join(sorted(known[v] - shown)) or '-'}; unexpected {' '.join(sorted(shown - known[v])) or '-'}")
        else:
            continue
        wrong += 1
    print(f"{product.name}: {len(jars) - wrong} of {len(jars)} jars show what their line says")
    return wrong == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("suggest", "split", "lines", "check"))
    parser.add_argument("words", nargs="+")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if args.verb == "split":
        if len(args.words) < 2:
            parser.error("split FIXED[,FIXED...] JAR...")
        split(args.words[0].split(","), read_jars(args.words[1:]))
        return 0
    if len(args.words) < 3:
        parser.error(f"{args.verb} FILE.fp PRODUCT JAR...")
    path = pathlib.Path(args.words[0])
    product = read_file(path).get(args.words[1])
    if not product:
        sys.exit(f"{path}: no product {args.words[1]}")
    jars = read_jars(args.words[2:], product)
    if args.verb == "suggest":
        suggest(product, jars)
    elif args.verb == "check":
        return 0 if check(product, jars) else 1
    else:
        lines = derive_lines(product, jars)
        if args.write:
            write_lines(path, product.name, lines)
        else:
            print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
