"""caltrop scan --image on images that podman, skopeo and umoci make, in every form that they save: what was put in and left in is found,
what an upper layer removed is not."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import scan_case
from scan_case import SUSPECT, Report, bad_jar

NEEDED = ("podman", "skopeo", "umoci")
STAYS = ["/opt/app/shop.war!/WEB-INF/lib/x.jar", "/opt/app/stays.jar", "/opt/folder/new.jar", "/srv/above.jar"]


def run(*args, **options):
    return subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, check=True, timeout=scan_case.DEADLINE, **options).stdout.decode().strip()


class Tools(unittest.TestCase):
    """One image of two layers, made once: the upper one removes a file, puts another folder in the place of one, and adds a file."""

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-images-"))
        try:
            cls.make()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir, ignore_errors=True)

    @classmethod
    def podman(cls, *args, **options):
        places = [word for name in ("root", "runroot", "tmpdir") for word in ("--" + name, cls.dir / "podman" / name)]
        conf = cls.dir / "containers.conf"
        # Else it leaves its locks in /dev/shm and /etc/cni.
        conf.write_text('[engine]\nlock_type = "file"\n[network]\nnetwork_config_dir = "%s"\n' % (cls.dir / "cni"))
        options["env"] = {**os.environ, "CONTAINERS_CONF": str(conf)}
        return run("podman", *places, "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none", *args, **options)

    @classmethod
    def make(cls):
        below = cls.dir / "context/in"
        for name, content in {"opt/app/stays.jar": bad_jar(), "opt/app/gone.jar": bad_jar(), "opt/folder/old.jar": bad_jar(), "opt/folder/deep/old.jar": bad_jar(),
                              "opt/app/shop.war": scan_case.make_zip({"WEB-INF/lib/x.jar": bad_jar()})}.items():
            (below / name).parent.mkdir(parents=True, exist_ok=True)
            (below / name).write_bytes(content)
        (cls.dir / "context/Containerfile").write_text("FROM scratch\nCOPY in /\n")
        cls.podman("build", "-q", "-t", "shop:1", cls.dir / "context")
        container = cls.podman("create", "--network", "none", "shop:1", "/nothing")
        mounted = pathlib.Path(cls.podman("mount", container))
        (mounted / "opt/app/gone.jar").unlink()
        shutil.rmtree(mounted / "opt/folder")
        for name in ("opt/folder/new.jar", "srv/above.jar"):
            (mounted / name).parent.mkdir(parents=True, exist_ok=True)
            (mounted / name).write_bytes(bad_jar())
        cls.podman("umount", container)
        cls.podman("commit", "-q", container, "shop:2")
        cls.podman("save", "-q", "--format", "oci-dir", "-o", cls.dir / "made", "shop:2")

    def look(self, path, *args):
        done = subprocess.run([scan_case.cli_case.CALTROP, "scan", "--json", "--suspect", SUSPECT, *args, "--image", str(path)], stdout=subprocess.PIPE,
                              timeout=scan_case.DEADLINE, check=False)
        report = Report(done.stdout.decode())
        self.assertEqual(done.returncode, 1, [(h["container"]["image"]["name"], h["caltrop"]["notes"]) for h in report.hosts])
        return report

    def holds(self, path, paths=None):
        report = self.look(path)
        self.assertEqual(report.paths(), paths or STAYS, path)
        self.assertEqual((report.own["complete"], report.notes()), (True, []), path)
        return report

    def copy(self, source, target, *options):
        run("skopeo", "--insecure-policy", "--tmpdir", self.dir, "copy", "-q", *options, source, target)

    def test_podman(self):
        for form, name in (("docker-archive", "p.tar"), ("oci-archive", "p-oci.tar"), ("docker-dir", "p-dir"), ("oci-dir", "p-layout")):
            self.podman("save", "-q", "--format", form, "-o", self.dir / name, "shop:2")
            report = self.holds(self.dir / name)
            if form != "docker-dir":
                self.assertIn("shop:2", report.host["container"]["image"]["name"])

    def test_podman_saves_several(self):
        """Two images that share their lower layer, which is in the archive once."""
        self.podman("save", "-q", "-m", "-o", self.dir / "several.tar", "shop:1", "shop:2")
        report = self.look(self.dir / "several.tar")
        paths = {h["container"]["image"]["name"]: sorted(f["caltrop"]["path"] for f in report.findings if f["container"]["image"]["name"] == h["container"]["image"]["name"])
                 for h in report.hosts}
        below = ["/opt/app/gone.jar", "/opt/app/shop.war!/WEB-INF/lib/x.jar", "/opt/app/stays.jar", "/opt/folder/deep/old.jar", "/opt/folder/old.jar"]
        self.assertEqual(paths, {"localhost/shop:1": below, "localhost/shop:2": STAYS})

    def test_skopeo(self):
        source = "oci:%s" % (self.dir / "made")
        forms = [("docker-archive:%s", ()), ("oci-archive:%s", ()), ("dir:%s", ()), ("dir:%s", ("--dest-decompress",)), ("dir:%s", ("-f", "v2s2")),
                 ("oci:%s", ("--dest-compress-format", "gzip", "--dest-compress-level", "9")), ("oci:%s", ("--dest-compress-format", "zstd")),
                 ("oci-archive:%s", ("--dest-compress-format", "zstd")), ("oci:%s", ("--dest-oci-accept-uncompressed-layers",))]
        for i, (target, options) in enumerate(forms):
            with self.subTest(target=target, options=options):
                out = self.dir / ("skopeo-%d" % i)
                self.copy(source, target % out, *options)
                report = self.holds(out)
                if target.startswith("dir:"):
                    manifest = (out / "manifest.json").read_bytes()
                    self.assertEqual(report.host["container"]["image"]["hash"]["all"], ["sha256:" + hashlib.sha256(manifest).hexdigest()])

    def test_skopeo_makes_layers_of_both_kinds(self):
        """zstd over layers that are not compressed yet: what is inside of blobs decides, not their media type."""
        plain, packed = self.dir / "plain", self.dir / "packed"
        self.copy("oci:%s" % (self.dir / "made"), "dir:%s" % plain, "--dest-decompress")
        for how in ("zstd", "gzip", "zstd:chunked"):
            self.copy("dir:%s" % plain, "oci:%s:%s" % (packed, how.replace(":", "-")), "--dest-compress-format", how)
        kinds = {(packed / "blobs/sha256" / name).read_bytes()[:4] for name in os.listdir(packed / "blobs/sha256")}
        self.assertIn(b"\x28\xb5\x2f\xfd", kinds)
        report = self.look(packed)
        self.assertEqual(len(report.hosts), len(json.loads((packed / "index.json").read_text())["manifests"]))
        for host in report.hosts:
            name = host["container"]["image"]["name"]
            self.assertEqual(sorted(f["caltrop"]["path"] for f in report.findings if f["container"]["image"]["name"] == name), STAYS, name)
            self.assertTrue(host["caltrop"]["complete"], host["caltrop"]["notes"])

    def test_umoci(self):
        """It writes the two kinds of whiteout: one file's, and a folder's whose older contents are gone."""
        layout, more = self.dir / "umoci", self.dir / "more"
        shutil.copytree(self.dir / "made", layout)
        self.copy("oci:%s" % layout, "oci:%s:1" % (self.dir / "umoci-1"))
        image = "%s:1" % (self.dir / "umoci-1")
        more.mkdir()
        (more / "only.jar").write_bytes(bad_jar())
        run("umoci", "insert", "--image", image, "--tag", "opaque", "--opaque", more, "/opt/app")
        run("umoci", "insert", "--image", image, "--tag", "gone", "--whiteout", "/srv")
        run("umoci", "unpack", "--image", image, self.dir / "bundle")
        root = self.dir / "bundle/rootfs"
        (root / "srv/above.jar").rename(root / "moved.jar")
        shutil.rmtree(root / "opt/app")
        run("umoci", "repack", "--image", "%s:repacked" % (self.dir / "umoci-1"), self.dir / "bundle")
        want = {"1": STAYS, "opaque": ["/opt/app/only.jar", "/opt/folder/new.jar", "/srv/above.jar"], "gone": STAYS[:3],
                "repacked": ["/moved.jar", "/opt/folder/new.jar"]}
        for where in (self.dir / "umoci-1", self.dir / "umoci-1.tar"):
            if where.suffix:
                run("tar", "-C", self.dir / "umoci-1", "-cf", where, ".")
            report = self.look(where)
            self.assertEqual({h["container"]["image"]["name"]: sorted(f["caltrop"]["path"] for f in report.findings
                                                                      if f["container"]["image"]["name"] == h["container"]["image"]["name"])
                              for h in report.hosts}, want)

    def test_unpacked_by_another(self):
        """What umoci unpacks of podman's image, by its own reading of whiteouts, holds just the jars that are found."""
        self.copy("oci:%s" % (self.dir / "made"), "oci:%s:x" % (self.dir / "again"))
        run("umoci", "unpack", "--image", "%s:x" % (self.dir / "again"), self.dir / "unpacked")
        root = self.dir / "unpacked/rootfs"
        found = sorted({p.split("!")[0] for p in self.holds(self.dir / "again").paths()})
        self.assertEqual(found, sorted("/" + str(p.relative_to(root)) for p in root.rglob("*.?ar")))


if __name__ == "__main__":
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        print("missing: " + ", ".join(missing) if missing else "podman's vfs storage without root needs a user with subordinate ids")
        sys.exit(77)
    scan_case.main()
