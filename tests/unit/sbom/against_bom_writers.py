#!/usr/bin/env python3
"""Bills of materials as the official libraries write them, read by bom_tool: CycloneDX 1.4 to 1.6 in JSON and XML, SPDX 2.3 in JSON. And back: what the store
exports is valid by the same libraries' validators, for an asset and for the whole estate, and says what went in.

against_bom_writers.py BOM_TOOL CALTROP BUILD_FOLDER. CT_SEED repeats a run.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import against_sbom_tools as tools

WORDS = ["log4j-core", "left-pad", "a b", "x&y <z>", "\u00e9t\u00e9", "q\"uote", "${jndi:ldap://x/y}", "back\\slash", "long" * 50, "\U0001f600", "1.0-rc.1+build", "]]>", "tab\there"]


def make(rng, depth=0):
    """One component as (type, group, name, version, purl, children)."""
    kind = rng.choice(["library", "framework", "application", "container", "operating-system"])
    group, name, version = rng.choice(["", "org.example", rng.choice(WORDS)]), rng.choice(WORDS), rng.choice(["", "1.0", "2.14.1", rng.choice(WORDS)])
    purl = rng.choice(["", "pkg:maven/org.example/thing@%d" % rng.randrange(99), "pkg:npm/%%40a/b@%d" % rng.randrange(99)])
    children = [make(rng, depth + 1) for _ in range(rng.randrange(3))] if depth < 3 else []
    return kind, group, name, version, purl, children


def flat(made, inside=""):
    for kind, group, name, version, purl, children in made:
        yield kind, group, name, version, purl, inside
        yield from flat(children, name)


def squeeze(row):
    """XML's normalised strings hold no tabs; blanks around a name are nobody's."""
    return tuple(" ".join(cell.split()) for cell in row)


def cyclonedx(made, form, version):
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from packageurl import PackageURL
    count = [0]

    def build(one):
        kind, group, name, version, purl, children = one
        count[0] += 1
        return Component(type=ComponentType(kind), group=group or None, name=name, version=version or None, purl=PackageURL.from_string(purl) if purl else None,
                         bom_ref="ref-%d" % count[0], components=[build(c) for c in children])

    bom = Bom(components=[build(one) for one in made])
    bom.metadata.component = Component(type=ComponentType.APPLICATION, name="shop", version="7", bom_ref="subject")
    return make_outputter(bom, OutputFormat[form], SchemaVersion[version]).output_as_string(indent=1)


def spdx(made, file):
    from datetime import datetime, timezone
    from spdx_tools.spdx.model import (Actor, ActorType, CreationInfo, Document, ExternalPackageRef, ExternalPackageRefCategory, Package, Relationship, RelationshipType, SpdxNoAssertion)
    from spdx_tools.spdx.writer.write_anything import write_file
    packages, relations = [], []
    for i, (_, _, name, version, purl, _) in enumerate(flat(made)):
        refs = [ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl)] if purl else []
        packages.append(Package("SPDXRef-%d" % i, name, SpdxNoAssertion(), version=version or None, external_references=refs))
        relations.append(Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, "SPDXRef-%d" % i))
    info = CreationInfo("SPDX-2.3", "SPDXRef-DOCUMENT", "shop", "https://example.org/bill", [Actor(ActorType.TOOL, "test")], datetime(2021, 12, 10, 13, tzinfo=timezone.utc))
    write_file(Document(info, packages, relationships=relations), file, validate=False)
    return pathlib.Path(file).read_text(encoding="utf-8")


def read(program, text):
    out = subprocess.run([program], input=text.encode(), stdout=subprocess.PIPE, check=False)
    *rows, about = [json.loads(line) for line in out.stdout.decode().splitlines()]
    assert out.returncode == 0, (about, text[:2000])
    return rows, about


def bills(program, build, rng):
    n = 0
    for _ in range(20):
        made = [make(rng) for _ in range(rng.randrange(1, 12))]
        for form in ("JSON", "XML"):
            for version in ("V1_4", "V1_5", "V1_6"):
                rows, about = read(program, cyclonedx(made, form, version))
                got = sorted(squeeze((t, g, name, v, purl, inside)) for t, g, name, v, purl, _, inside in rows)
                wanted = sorted(squeeze(row) for row in flat(made))
                # The library holds equal components once, and JSON may name a parent behind its children.
                assert {row[:5] for row in got} == {row[:5] for row in wanted}, (form, version, got, wanted)
                assert about["subject"] == "shop" and about["subject_version"] == "7" and about["version"] == version[1:].replace("_", "."), about
                n += 1
        rows, about = read(program, spdx(made, os.path.join(build, "bom-check.spdx.json")))
        assert sorted((name, v, purl) for _, _, name, v, purl, _, _ in rows) == sorted((name, v, purl) for _, _, name, v, purl, _ in flat(made))
        assert about["created"] == "2021-12-10T13:00:00Z"
        n += 1
    return n


def exports(caltrop, build, rng):
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "CALTROP_DATA_DIR": folder, "CALTROP_NOW": "2021-12-10T14:00:00Z", "SUDO_USER": "tester"}

        def run(*args, text=None):
            return subprocess.run([caltrop, *args], input=text, env=env, stdout=subprocess.PIPE, check=True).stdout.decode()

        made = [make(rng) for _ in range(30)]
        run("asset", "add", "shop", "--environment", "production")
        run("asset", "add", "odd ${jndi:x}")
        run("sbom", "add", "shop", "-", text=cyclonedx(made, "JSON", "V1_5").encode())
        run("sbom", "add", "odd ${jndi:x}", "-", text=cyclonedx(made[:7], "XML", "V1_4").encode())
        run("asset", "add", "empty")
        file = os.path.join(build, "bom-check.spdx.json")
        purls = {purl for _, _, _, _, purl, _ in flat(made) if purl}
        for what in (["shop"], ["odd ${jndi:x}"], ["empty"], ["--estate"]):
            bom = tools.check_cyclonedx(run("sbom", "export", *what))
            bill = tools.check_spdx(run("sbom", "export", *what, "--format", "spdx"), file)
            if what in (["shop"], ["--estate"]):
                assert {c["purl"] for c in bom["components"] if "purl" in c} == purls
                assert {r["referenceLocator"] for p in bill["packages"] for r in p.get("externalRefs", [])} == purls
        places = {o["location"] for c in tools.check_cyclonedx(run("sbom", "export", "--estate"))["components"] for o in c["evidence"]["occurrences"]}
        assert any(p.startswith("shop (production): ") for p in places), places
        # out, and in again elsewhere: the same components
        for form in ("cyclonedx", "spdx"):
            run("asset", "add", "copy-" + form)
            run("sbom", "add", "copy-" + form, "-", text=run("sbom", "export", "shop", "--format", form).encode())
            again = json.loads(run("sbom", "export", "copy-" + form))
            first = json.loads(run("sbom", "export", "shop"))
            assert {c.get("purl") for c in again["components"]} == {c.get("purl") for c in first["components"]}
        os.remove(file)


def main():
    if sys.argv[-1] != "inside":
        tools.enter_environment(sys.argv[3])
    program, caltrop, build = sys.argv[1:4]
    seed = os.environ.get("CT_SEED") or str(random.randrange(1 << 32))
    print("CT_SEED=" + seed)
    rng = random.Random(seed)
    print(bills(program, build, rng), "bills read as they were written")
    exports(caltrop, build, rng)
    print("exports are valid")


if __name__ == "__main__":
    main()
