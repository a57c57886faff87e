"""Version vectors, version ranges and OSV records of a corpora folder against version_tool and advisory_tool.

 * versions-NAME.tsv: left, operator, right, source [, what the real tool answered, which then is the truth].
 * osv/log4j-core-truth.tsv: per version and CVE what an advisory says; GHSA from osv/GHSA-*.json, VDR from the ranges in apache-vdr/vdr.xml.
 * osv/*-vulnerabilities.json, osv/GHSA-*.json: every version that a record lists is found affected.
"""
import json
import re
import subprocess
import tempfile

ECOSYSTEMS = {"maven": "Maven", "debian": "Debian", "redhat": "Red Hat", "pypi": "PyPI", "semver": "npm", "alpine": "Alpine", "rubygems": "RubyGems",
              "nuget": "NuGet", "packagist": "Packagist"}

# Vectors where their author's reading goes further than the real tool, which refuses such versions; and PHP's "#", which equals several
# different versions at once.
REFUSED_BY_THE_REAL_TOOL = {"pypi", "alpine", "rubygems"}
NO_ORDER = re.compile(r"#")


def answers(command, lines):
    done = subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return done.stdout.decode().split("\n")[:-1]


def check_vectors(root, tools, say):
    passed = failed = skipped = 0
    for name, ecosystem in ECOSYSTEMS.items():
        path = root / f"versions-{name}.tsv"
        if not path.exists():
            continue
        rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        have = answers([tools / "version_tool"], [f"{ecosystem}\t{r[0]}\t{r[2]}" for r in rows])
        wrong = 0
        for row, answer in zip(rows, have):
            want = row[4] if len(row) > 4 and row[4] else row[1]
            if answer == want:
                passed += 1
            elif (answer == "!" and name in REFUSED_BY_THE_REAL_TOOL) or (name == "packagist" and NO_ORDER.search(row[0] + row[2])):
                skipped += 1
            else:
                wrong += 1
                if wrong <= 10:
                    say(f"{path.name}: {row[0]} {answer} {row[2]}, want {want}")
        failed += wrong
    return passed, failed, skipped


def records(path):
    document = json.loads(path.read_text())
    return document["vulns"] if "vulns" in document else [document]


def vdr_ranges(root):
    """CVE -> the vers ranges of log4j-core."""
    text = (root / "apache-vdr/vdr.xml").read_text()
    ranges = {}
    for block in re.findall(r"<vulnerability\b.*?</vulnerability>", text, re.S):
        cve = re.search(r"<id>(CVE-[\d-]+)</id>", block)
        for target in re.findall(r"<target>(.*?)</target>", block, re.S):
            if cve and re.search(r"<ref>log4j-core</ref>", target):
                ranges.setdefault(cve[1], []).extend(re.findall(r"CDATA\[(vers:maven/[^\]]+)\]", target))
    return ranges


def check_truth(root, tools, say):
    path = root / "osv/log4j-core-truth.tsv"
    if not path.exists():
        return 0, 0, 0
    head, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    vdr = vdr_ranges(root)
    passed = failed = 0
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        ids = {}
        for p in sorted((root / "osv").glob("GHSA-*.json")):
            for record in records(p):
                f.write(json.dumps(record) + "\n")
                ids.update((alias, record["id"]) for alias in record.get("aliases", []))
        f.flush()
        matches = answers([tools / "advisory_tool", f.name], [f"Maven\torg.apache.logging.log4j:log4j-core\t{r[0]}" for r in rows])
    for column, title in enumerate(head):
        source, _, cve = title.partition(":")
        if source == "GHSA":
            have = [ids[cve] in line.split() for line in matches]
        elif source == "VDR":
            have = [False] * len(rows)
            for vers in vdr[cve]:
                inside = answers([tools / "version_tool", "range"], [f"Maven\t{vers}\t{r[0]}" for r in rows])
                have = [a or b == "in" for a, b in zip(have, inside)]
        else:
            continue
        for row, affected in zip(rows, have):
            if affected == (row[column] == "affected"):
                passed += 1
            else:
                failed += 1
                if failed <= 10:
                    say(f"{path.name}: {row[0]}, {title}: {'affected' if affected else 'not affected'}, want the opposite")
    return passed, failed, 0


def check_listed(root, tools, say):
    passed = failed = 0
    for path in sorted((root / "osv").glob("*.json")):
        wanted, lines = [], []
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
            for record in records(path):
                f.write(json.dumps(record) + "\n")
                for a in record.get("affected", []):
                    for version in a.get("versions", []):
                        lines.append(f"{a['package']['ecosystem']}\t{a['package']['name']}\t{version}")
                        wanted.append(record["id"])
            f.flush()
            have = answers([tools / "advisory_tool", f.name], lines)
        for line, record, found in zip(lines, wanted, have):
            if record in found.split():
                passed += 1
            else:
                failed += 1
                if failed <= 10:
                    say(f"{path.name}: {record} lists {line}, found only {found}")
    return passed, failed, 0


def run(root, tools, say):
    """(passed, failed, skipped) over whatever of it the folder has."""
    parts = [check(root, tools, say) for check in (check_vectors, check_truth, check_listed)]
    return tuple(sum(column) for column in zip(*parts))
