"""caltrop scan --image: what docker save and OCI tools write, layers and whiteouts applied."""
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

import scan_case
from scan_case import SUSPECT, Report, ScanCase, bad_jar, compress, make_tar

OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
STATUS = b"Package: %s\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: amd64\nMaintainer: a <a@b.example>\nDescription: x\n\n"


def digest(data):
    return hashlib.sha256(data).hexdigest()


def link(name, target, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def folder(name):
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info


def docker_save(layers, tags=("shop:1.2",), modern=True):
    config = json.dumps({"os": "linux", "rootfs": {"diff_ids": ["sha256:" + digest(layer) for layer in layers]}}).encode()
    names = [("blobs/sha256/" + digest(layer)) if modern else digest(layer) + "/layer.tar" for layer in layers]
    config_name = ("blobs/sha256/" if modern else "") + digest(config) + ("" if modern else ".json")
    files = dict(zip(names, layers))
    files[config_name] = config
    files["manifest.json"] = json.dumps([{"Config": config_name, "RepoTags": list(tags), "Layers": names}]).encode()
    return files, "sha256:" + digest(config)


def oci(layers, packing="gz", tag="1.2"):
    blobs = {}

    def blob(data, media):
        blobs["blobs/sha256/" + digest(data)] = data
        return {"mediaType": media, "digest": "sha256:" + digest(data), "size": len(data)}
    packed = [compress(layer, packing) if packing else layer for layer in layers]
    kind = "application/vnd.oci.image.layer.v1.tar" + {"gz": "+gzip", "zst": "+zstd", None: ""}[packing]
    config = blob(json.dumps({"os": "linux", "architecture": "amd64", "config": {},
                              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(one) for one in layers]}}).encode(),
                  "application/vnd.oci.image.config.v1+json")
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": [blob(p, kind) for p in packed]}).encode()
    entry = blob(manifest, "application/vnd.oci.image.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    return {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index, **blobs}, entry["digest"]


BASE = {"etc/": folder("etc/"), "usr/lib/os-release": OS_RELEASE, "etc/os-release": link("etc/os-release", "../usr/lib/os-release", tarfile.SYMTYPE),
        "var/lib/dpkg/status": STATUS % b"libbase"}


def layer(entries):
    return make_tar(entries)


class Images(ScanCase):
    def image(self, files, name="image.tar"):
        return self.put(name, make_tar(files))

    def look(self, path, *args, status=1):
        done = self.run_cli("scan", "--json", "--suspect", SUSPECT, "--image", path, *args, status=status)
        return Report(done.stdout.decode())

    def test_docker_save(self):
        layers = [layer(BASE), layer({"opt/app/x.jar": bad_jar(), "opt/app/y.txt": b"y"})]
        for modern in (True, False):
            files, image_id = docker_save(layers, ("shop:1.2", "shop:latest"), modern)
            report = self.look(self.image(files))
            self.assertEqual(report.paths(), ["/opt/app/x.jar"])
            image = report.findings[0]["container"]["image"]
            self.assertEqual((image["name"], image["tag"], image["hash"]["all"]), ("shop:1.2", ["shop:1.2", "shop:latest"], [image_id]))
            self.assertEqual(report.host["host"]["os"]["full"], "Debian GNU/Linux 12 (bookworm)")
            self.assertIn("pkg:deb/debian/libbase@1.0-1?arch=amd64&distro=debian-12", [c["caltrop"]["purl"] for c in report.components])

    def test_oci_layouts(self):
        layers = [layer(BASE), layer({"./opt/app/x.war": scan_case.make_zip({"WEB-INF/lib/x.jar": bad_jar()})})]
        for packing in ("gz", "zst", None):
            if packing == "zst" and not shutil.which("zstd"):
                continue
            files, manifest = oci(layers, packing)
            report = self.look(self.image(files))
            self.assertEqual(report.paths(), ["/opt/app/x.war!/WEB-INF/lib/x.jar"])
            self.assertEqual(report.findings[0]["container"]["image"]["hash"]["all"], [manifest])
            where = self.dir / ("layout-%s" % packing)
            for name, content in files.items():
                self.write("layout-%s/%s" % (packing, name), content)
            self.assertEqual(self.look(where).paths(), ["/opt/app/x.war!/WEB-INF/lib/x.jar"])

    def test_tar_of_a_whole_folder(self):
        # "tar -C layout -cf image.tar ." writes "./index.json"
        layers = [layer(BASE), layer({"x.jar": bad_jar()})]
        for files in (docker_save(layers)[0], oci(layers)[0]):
            path = self.image({"./" + name: content for name, content in files.items()})
            self.assertEqual(self.look(path).paths(), ["/x.jar"])

    def test_gzipped_tar_of_an_image(self):
        files, _ = docker_save([layer(BASE), layer({"x.jar": bad_jar()})])
        path = self.put("image.tgz", gzip.compress(make_tar(files)))
        self.assertEqual(self.look(path).paths(), ["/x.jar"])

    def test_a_name_beyond_all_measure_hides_nothing_else(self):
        """No name is longer than 4 KiB on Linux, but a layer may say what it likes: the files behind it are looked at all the same."""
        endless = "/".join(["x" * 200] * 100)
        layers = [layer({"low.jar": bad_jar()}), layer({"above.jar": bad_jar(), endless: b"x", "behind.jar": bad_jar()})]
        report = self.look(self.image(docker_save(layers)[0]), status=3)
        self.assertEqual(report.paths(), ["/above.jar", "/behind.jar", "/low.jar"])
        self.assertTrue(any("a path over 16384 bytes" in text for _, text in report.notes(True)), report.notes())

    def test_whiteouts(self):
        jar = bad_jar()
        layers = [
            layer({**BASE, "a/gone.jar": jar, "b/in/folder.jar": jar, "c/opaque/old.jar": jar, "d/replaced.jar": jar, "e/stays.jar": jar,
                   "f/was/folder.jar": jar, "g/again.jar": jar}),
            layer({"a/.wh.gone.jar": b"", "b/.wh.in": b"", "c/opaque/.wh..wh..opq": b"", "c/opaque/new.jar": jar, "d/replaced.jar": bad_jar("2.0"),
                   "f/was": b"now a file", "g/.wh.again.jar": b""}),
            layer({"g/again.jar": jar}),
        ]
        for files in (docker_save(layers)[0], oci(layers)[0]):
            report = self.look(self.image(files))
            self.assertEqual(report.paths(), ["/c/opaque/new.jar", "/e/stays.jar", "/g/again.jar"])
            self.assertTrue(report.own["complete"])

    def test_opaque_marks_hide_only_what_lies_below(self):
        jar = bad_jar()
        # In its own layer what stands before and behind the mark is there; the root can be opaque as well.
        layers = [layer({"x/old.jar": jar, "y/other.jar": jar}), layer({"x/first.jar": jar, "x/.wh..wh..opq": b"", "x/second.jar": jar})]
        self.assertEqual(self.look(self.image(docker_save(layers)[0])).paths(), ["/x/first.jar", "/x/second.jar", "/y/other.jar"])
        layers.append(layer({".wh..wh..opq": b"", "z.jar": jar}))
        self.assertEqual(self.look(self.image(docker_save(layers)[0])).paths(), ["/z.jar"])

    def test_package_database_of_the_top_layer_counts(self):
        layers = [layer(BASE), layer({"var/lib/dpkg/status": STATUS % b"libbase" + STATUS % b"libnew"}), layer({"var/lib/dpkg/status": STATUS % b"libnew"})]
        report = self.look(self.image(docker_save(layers)[0]), status=0)
        self.assertEqual([c["package"]["name"] for c in report.components], ["libnew"])

    def test_hard_links(self):
        jar = bad_jar()
        layers = [layer({"a.jar": jar, "b.jar": link("b.jar", "a.jar", tarfile.LNKTYPE)})]
        self.assertEqual(self.look(self.image(docker_save(layers)[0])).paths(), ["/a.jar"])
        layers.append(layer({".wh.a.jar": b""}))
        report = self.look(self.image(docker_save(layers)[0]), status=3)
        self.assertIn("hard link", str(report.notes(True)))

    def test_missing_layer_and_cut_image(self):
        layers = [layer(BASE), layer({"x.jar": bad_jar()}), layer({"y.jar": bad_jar()})]
        files, _ = docker_save(layers)
        files.pop("blobs/sha256/" + digest(layers[1]))
        report = self.look(self.image(files), status=3)
        self.assertEqual(report.paths(), ["/y.jar"])
        self.assertIn("a layer that is not in the file", str(report.notes(True)))

    def test_a_layer_that_occurs_twice(self):
        """docker save writes it once, and a symbolic link in the place of the other; links lead nowhere else."""
        layers = [layer(BASE), layer({"x.jar": bad_jar()}), layer({"y.txt": b"y"}), layer({"x.jar": bad_jar()})]
        files, _ = docker_save(layers[:3], modern=False)
        manifest = json.loads(files["manifest.json"])
        twice = manifest[0]["Layers"][1]
        for target, status, paths in (("../" + twice, 1, ["/x.jar"]), ("/etc/passwd", 3, ["/x.jar"]), ("../twice/layer.tar", 3, ["/x.jar"]), ("../nosuch", 3, ["/x.jar"])):
            manifest[0]["Layers"] = [*json.loads(files["manifest.json"])[0]["Layers"], "twice/layer.tar"]
            linked = {**files, "manifest.json": json.dumps(manifest).encode(), "twice/layer.tar": link("twice/layer.tar", target, tarfile.SYMTYPE)}
            self.assertEqual(self.look(self.image(linked), status=status).paths(), paths, target)
            shutil.rmtree(self.dir / "opened", ignore_errors=True)
            with tarfile.open(self.root / "image.tar") as t:
                t.extractall(self.dir / "opened")
            self.assertEqual(self.look(self.dir / "opened", status=status).paths(), paths, target)

    def test_folder_of_blobs(self):
        """skopeo's "dir:": manifest.json is the manifest itself, or an index of several; blobs lie beside it."""
        layers = [layer(BASE), layer({"x.jar": bad_jar(), "y.jar": bad_jar()}), layer({".wh.y.jar": b""})]
        files, manifest = oci(layers)
        flat = {name.rsplit("/", 1)[1]: content for name, content in files.items() if name.startswith("blobs/")}
        hexed = manifest.split(":")[1]
        text = flat.pop(hexed)
        for i, more in enumerate(({"manifest.json": text}, {"manifest.json": files["index.json"], hexed + ".manifest.json": text})):
            for name, content in {**flat, **more, "version": b"Directory Transport Version: 1.1\n"}.items():
                self.write("flat-%d/%s" % (i, name), content)
            report = self.look(self.dir / ("flat-%d" % i))
            self.assertEqual(report.paths(), ["/x.jar"])
            self.assertEqual(report.findings[0]["container"]["image"]["hash"]["all"], [manifest])

    def test_several_images_in_one_file(self):
        one, _ = docker_save([layer({"x.jar": bad_jar()})], ("one:1",))
        two, _ = docker_save([layer({"y.txt": b"y"})], ("two:1",))
        both = {**one, **two, "manifest.json": json.dumps(json.loads(one["manifest.json"]) + json.loads(two["manifest.json"])).encode()}
        done = self.run_cli("scan", "--json", "--suspect", SUSPECT, "--image", self.image(both), status=1)
        hosts = Report(done.stdout.decode()).hosts
        self.assertEqual([(h["container"]["image"]["name"], h["caltrop"]["state"]) for h in hosts], [("one:1", "affected"), ("two:1", "clean")])
        self.run_cli("scan", "--output", "sarif", "--image", self.image(both), status=2)

    def test_no_image(self):
        self.run_cli("scan", "--image", "/nosuch", status=2)
        self.run_cli("scan", "--image", self.put("x.tar", make_tar({"a": b"a"})), status=2)
        self.run_cli("scan", "--image", self.put("x.txt", b"text"), status=2)
        broken = {"manifest.json": b'[{"Config":"x","Layers":['}
        self.run_cli("scan", "--image", self.image(broken), status=3)
        climbing = {"index.json": json.dumps({"manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
                                                             "digest": "sha256:../../../../etc/passwd" + "0" * 40}]}).encode()}
        for name, content in climbing.items():
            self.write("climb/" + name, content)
        self.run_cli("scan", "--image", self.dir / "climb", status=3)

    def test_a_real_tool_agrees(self):
        # umoci or skopeo unpack layers by their own reading of the specification.
        if not shutil.which("umoci"):
            self.skipTest("umoci is not installed")
        jar = bad_jar()
        layers = [layer({"a/gone.jar": jar, "c/old.jar": jar}), layer({"a/.wh.gone.jar": b"", "c/.wh..wh..opq": b"", "c/new.jar": jar})]
        files, _ = oci(layers)
        for name, content in files.items():
            self.write("layout/" + name, content)
        subprocess.run(["umoci", "unpack", "--rootless", "--image", self.path("layout:1.2"), self.path("bundle")], check=True)
        unpacked = [str(p.relative_to(self.dir / "bundle/rootfs")) for p in (self.dir / "bundle/rootfs").rglob("*.jar")]
        self.assertEqual(self.look(self.dir / "layout").paths(), sorted("/" + p for p in unpacked))

    def test_archives_of_a_real_tool(self):
        """skopeo writes with the libraries of podman and docker what `docker save` and `podman save` write."""
        if not shutil.which("skopeo"):
            self.skipTest("skopeo is not installed")
        layers = [layer({**BASE, "opt/": folder("opt/"), "opt/a.jar": bad_jar(), "opt/gone.jar": bad_jar()}), layer({"opt/.wh.gone.jar": b"", "srv/": folder("srv/"), "srv/b.jar": bad_jar()})]
        for name, content in oci(layers)[0].items():
            self.write("layout/" + name, content)
        before = "oci:" + self.path("layout:1.2")
        for target in ("docker-archive:%s:shop:1.2", "oci-archive:%s:1.2", "oci:%s:1.2"):
            out = self.path("made-" + target.split(":")[0])
            subprocess.run(["skopeo", "--insecure-policy", "--tmpdir", str(self.dir), "copy", "-q", before, target % out], check=True)
            report = self.look(out)
            self.assertEqual(report.paths(), ["/opt/a.jar", "/srv/b.jar"], target)
            self.assertTrue(report.own["complete"], report.notes())
            self.assertIn("1.2", report.host["container"]["image"]["name"] + str(report.host["container"]["image"].get("tag", "")), target)


if __name__ == "__main__":
    assert io and os
    scan_case.main()
