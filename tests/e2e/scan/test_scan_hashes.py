"""The hashes in bills of materials are those that sha1sum and sha256sum print of the same bytes, however deep they lie."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

import scan_case
import test_scan_images
from scan_case import ScanCase, make_tar, make_zip


class Hashes(ScanCase):
    def test_hashes_of_archives_that_come_by_in_order(self):
        """In what is compressed, an archive too large to be held whole is read once, from front to end: its hashes come by the way."""
        made = self.dir / "made"
        made.mkdir()

        def jar(version, filler=17 << 20):
            data = make_zip({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n", scan_case.POM: scan_case.pom(version), "filler": bytes(filler)}, zipfile.ZIP_STORED)
            (made / version).write_bytes(data + b"behind the end")
            return data + b"behind the end"

        def rpm(content):
            with tempfile.TemporaryDirectory() as d:
                with open(d + "/x.jar", "wb") as f:
                    f.write(content)
                with open(d + "/x.spec", "w", encoding="utf-8") as f:
                    f.write("Name: x\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%%define _binary_payload w3.gzdio\n"
                            "%%define __os_install_post %%{nil}\nAutoReqProv: no\n%%description\nx\n%%install\nmkdir -p %%{buildroot}/opt\n"
                            "cp %s/x.jar %%{buildroot}/opt/\n%%files\n/opt/x.jar\n" % d)
                subprocess.run(["rpmbuild", "-bb", "--quiet", "--define", "_topdir " + d, d + "/x.spec"], check=True, stdout=subprocess.DEVNULL)
                with open(next(pathlib.Path(d).rglob("*.rpm")), "rb") as f:
                    return f.read()

        war = make_zip({"WEB-INF/lib/a.jar": jar("1.6", 0), "filler": bytes(17 << 20)}, zipfile.ZIP_STORED)
        files = {"x.tar": make_tar({"a.jar": jar("1.0")}), "x.tar.gz": make_tar({"a.jar": jar("1.1")}, "w:gz"), "x.deb": scan_case.make_deb({"a.jar": jar("1.2")}),
                 "x.war": make_zip({"WEB-INF/lib/a.jar": jar("1.3")}), "x.jar.gz": gzip.compress(jar("1.4"), 1), "small.tar.gz": make_tar({"a.jar": jar("1.5", 0)}, "w:gz"),
                 "inner.tar.gz": make_tar({"x.war": war}, "w:gz")}
        if shutil.which("rpmbuild"):
            files["x.rpm"] = rpm(jar("1.7"))
        for name, content in files.items():
            self.put(name, content)
        layers = [make_tar({"a.jar": jar("2.0")}), make_tar({"b.jar": jar("2.1", 0)})]
        for name, images in (("docker.tar", test_scan_images.docker_save(layers)[0]), ("oci.tar", test_scan_images.oci(layers)[0])):
            self.write(name, make_tar(images))
        damaged = bytearray(make_zip({"a.jar": jar("3.0")}))
        (made / "3.0").unlink()
        damaged[damaged.index(b"a.jar") + 9000] ^= 0x40
        self.put("damaged.war", bytes(damaged))

        real = {alg: dict(reversed(line.split()) for line in subprocess.run([tool, *os.listdir(made)], cwd=made, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines())
                for alg, tool in (("SHA-1", "sha1sum"), ("SHA-256", "sha256sum"))}
        for of, args in (("1.", [str(self.root)]), ("2.", ["--image", self.path("docker.tar")]), ("2.", ["--image", self.path("oci.tar")])):
            self.run_cli("scan", "--sbom", self.path("b.cdx.json"), *args, status=3 if of == "1." else 0)
            with open(self.path("b.cdx.json"), encoding="utf-8") as f:
                found = {c["version"]: {h["alg"]: h["content"] for h in c.get("hashes", [])} for c in json.load(f)["components"] if c["name"] == "bad"}
            self.assertFalse(found.pop("3.0", None), "of what cannot be read to its end there is no hash")
            self.assertEqual(found, {v: {alg: real[alg][v] for alg in real} for v in os.listdir(made) if v.startswith(of)})


if __name__ == "__main__":
    scan_case.main()
