"""The outlets that are not HTTP: files that rotate and fill up, syslog in its four forms, UNIX sockets."""
import os
import re
import select
import socket

import harness
from harness import DEADLINE, Case, event

# RFC 5424, section 6, written down from its grammar.
SYSLOG = re.compile(rb"<(?P<pri>[0-9]{1,3})>1 (?P<time>-|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z)"
                    rb" (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<proc>[!-~]{1,128}) (?P<msgid>[!-~]{1,32}) (?P<sd>-)"
                    rb"( (?P<msg>.*))?", re.DOTALL)


def read_lines(path):
    with open(path) as f:
        return f.read().split("\n")


class File(Case):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.dir, "events.ndjson")

    def test_lines_and_rotation(self):
        tool = self.tool("file:" + self.path)
        for i in range(50):
            tool.offer(i)
        tool.await_stats(lambda s: s["waiting"] == 0)
        os.rename(self.path, self.path + ".1")
        for i in range(50, 60):
            tool.offer(i)
        tool.await_stats(lambda s: s["waiting"] == 0)
        os.unlink(self.path)
        tool.offer(60)
        tool.close()
        self.assertEqual(read_lines(self.path + ".1"), [event(i) for i in range(50)] + [""])
        self.assertEqual(read_lines(self.path), [event(60), ""])
        self.assertEqual(os.stat(self.path).st_mode & 0o007, 0)

    def test_folder_that_comes_later(self):
        folder = os.path.join(self.dir, "later")
        tool = self.tool("file://" + folder + "/f")
        tool.offer(1)
        tool.await_stats(lambda s: s["failures"] >= 2)
        os.mkdir(folder)
        tool.close()
        self.assertEqual(read_lines(folder + "/f"), [event(1), ""])

    def test_torn_line_of_a_killed_writer(self):
        with open(self.path, "w") as f:
            f.write(event(0) + "\n" + event(1)[:20])
        tool = self.tool("file:" + self.path)
        tool.offer(2)
        tool.close()
        self.assertEqual(read_lines(self.path), [event(0), event(1)[:20], event(2), ""])

    def test_full_disk(self):
        """The file hits a limit in the middle of a line: nothing of that line stays, and everything comes in the end."""
        tool = self.tool("file:" + self.path)
        tool.offer(0, size=1000)
        tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual(tool.ask("fsize 4500"), "ok")
        for i in range(1, 10):
            tool.offer(i, size=1000)
        s = tool.await_stats(lambda s: s["failures"] >= 3)
        self.assertEqual((s["delivered"], s["waiting"]), (4, 6))
        lines = read_lines(self.path)
        self.assertEqual(lines, [event(i, 1000) for i in range(4)] + [""])
        self.assertEqual(tool.ask("fsize 0"), "ok")
        tool.close()
        self.assertEqual(read_lines(self.path), [event(i, 1000) for i in range(10)] + [""])

    def test_kill(self):
        for round in range(5):
            tool = self.tool("file:" + self.path)
            for i in range(round * 100, round * 100 + 100):
                tool.offer(i)
            tool.kill()
        tool = self.tool("file:" + self.path)
        tool.close()
        lines = read_lines(self.path)
        whole = [line for line in lines if line.endswith("}")]
        self.assertEqual(list(dict.fromkeys(whole)), [event(i) for i in range(500)])
        self.assertLessEqual(len(lines), 506)

    def test_two_programs_at_once(self):
        a, b = self.tool("file:" + self.path), self.tool("file:" + self.path)
        for i in range(200):
            a.offer(i, size=3000)
            b.offer(1000 + i, size=3000)
        a.close()
        b.close()
        want = [event(i, 3000) for i in range(200)] + [event(1000 + i, 3000) for i in range(200)]
        self.assertEqual(sorted(read_lines(self.path)[:-1]), sorted(want))

    def test_what_is_no_event(self):
        tool = self.tool("file:" + self.path)
        for text in ("", "[]", "{", "{\"a\":\"\x01\"}", "{}}\x7f", "null"):
            self.assertEqual(tool.ask("offer %032x %s" % (1, text)), "malformed", text)
        self.assertEqual(tool.ask("offer %032x {}" % 1), "ok")
        tool.close()
        self.assertEqual(read_lines(self.path), ["{}", ""])

    def test_urls(self):
        for url in ("file:", "file://relative", "unix:", "syslog:", "syslog:h:99999", "syslog:h?severity=loud", "syslog:[::1",
                    "syslog+tcp:/dev/log", "kafka:x", "/tmp/x"):
            self.assertTrue(self.tool(url).greeting.startswith("wrong usage: "), url)


class Syslog(Case):
    def check(self, packet, n, pri=16 * 8 + 4, size=0):
        m = SYSLOG.fullmatch(packet)
        self.assertIsNotNone(m, packet[:200])
        self.assertEqual(int(m["pri"]), pri)
        self.assertEqual(m["app"], b"caltrop")
        self.assertNotEqual(m["time"], b"-")
        self.assertEqual(m["msg"].decode(), event(n, size))

    def socket(self, family, kind, address=("127.0.0.1", 0)):
        s = socket.socket(family, kind)
        s.settimeout(DEADLINE)
        s.bind(address)
        self.closers.append(s.close)
        return s

    def test_udp(self):
        s = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tool = self.tool("syslog:127.0.0.1:%d?severity=notice" % s.getsockname()[1])
        for i in range(20):
            tool.offer(i)
            self.check(s.recv(65536), i, pri=16 * 8 + 5)

    def test_udp_cuts_long_messages(self):
        s = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tool = self.tool("syslog://127.0.0.1:%d" % s.getsockname()[1])
        long = "{\"a\":\"" + "\u00e9" * 6000 + "\"}"
        self.assertEqual(tool.ask("offer %032x %s" % (1, long)), "ok")
        packet = s.recv(65536)
        self.assertLessEqual(len(packet), 8192)
        self.assertGreater(len(packet), 8180)
        self.assertTrue(packet.endswith(b"...[cut]"))
        msg = SYSLOG.fullmatch(packet)["msg"].decode()  # whole characters only
        self.assertTrue(long.startswith(msg[:-len("...[cut]")]))

    def test_udp_dead_then_alive(self):
        s = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = s.getsockname()[1]
        s.close()
        tool = self.tool("syslog:127.0.0.1:%d" % port)
        tool.offer(1)
        tool.await_stats(lambda s: s["failures"] >= 2)
        s = self.socket(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port))
        self.check(s.recv(65536), 1)

    def frames(self, stream, n):
        data, found = b"", []
        while len(found) < n:
            piece = stream.recv(65536)
            self.assertTrue(piece)
            data += piece
            while True:
                m = re.match(rb"([1-9][0-9]*) ", data)
                if not m or len(data) < m.end() + int(m[1]):
                    break
                found.append(data[m.end():m.end() + int(m[1])])
                data = data[m.end() + int(m[1]):]
        self.assertEqual(data, b"")
        return found

    def test_tcp(self):
        listener = self.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.listen()
        tool = self.tool("syslog+tcp:127.0.0.1:%d" % listener.getsockname()[1])
        for i in range(10):
            tool.offer(i, size=20000)
        stream, _ = listener.accept()
        for i, frame in enumerate(self.frames(stream, 10)):
            self.check(frame, i, size=20000)
        tool.await_stats(lambda s: s["waiting"] == 0)
        stream.close()  # noticed before the next event is sent
        tool.offer(10)
        stream, _ = listener.accept()
        self.check(self.frames(stream, 1)[0], 10)
        stream.close()

    def test_unix_sockets(self):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            path = os.path.join(self.dir, "log-%d" % kind)
            s = self.socket(socket.AF_UNIX, kind, path)
            tool = self.tool("syslog://" + path)
            tool.offer(1)
            if kind == socket.SOCK_DGRAM:
                self.check(s.recv(65536), 1)
            else:
                s.listen()
                stream, _ = s.accept()
                self.check(self.frames(stream, 1)[0], 1)
                stream.close()

    def test_reader_that_does_not_read(self):
        """A full queue blocks neither offers nor close."""
        path = os.path.join(self.dir, "log")
        s = self.socket(socket.AF_UNIX, socket.SOCK_DGRAM, path)
        tool = self.tool("syslog:" + path, step=100)
        for i in range(2000):
            tool.offer(i, size=2000)
        self.assertGreater(tool.await_stats(lambda s: s["failures"] >= 1)["waiting"], 1000)
        tool.close(100)
        tool = self.tool("syslog:" + path)
        for i in range(2000):
            self.check(s.recv(65536), i, size=2000)


class Unix(Case):
    def listener(self, path):
        if os.path.exists(path):
            os.unlink(path)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(DEADLINE)
        s.bind(path)
        s.listen()
        self.closers.append(s.close)
        return s

    def lines(self, stream, n):
        data = b""
        while data.count(b"\n") < n:
            piece = stream.recv(65536)
            self.assertTrue(piece)
            data += piece
        return data.decode().split("\n")[:-1]

    def test_readers_come_and_go(self):
        path = os.path.join(self.dir, "s")
        tool = self.tool("unix:" + path)
        tool.offer(0)
        tool.await_stats(lambda s: s["failures"] >= 2)
        listener = self.listener(path)
        stream, _ = listener.accept()
        for i in range(1, 10):
            tool.offer(i)
        self.assertEqual(self.lines(stream, 10), [event(i) for i in range(10)])
        tool.await_stats(lambda s: s["waiting"] == 0)
        # A reader that goes without having read gets nothing delivered.
        tool.offer(10)
        select.select([stream], [], [], DEADLINE)
        stream.close()
        stream, _ = listener.accept()
        tool.offer(11)
        self.assertEqual(self.lines(stream, 2), [event(10), event(11)])
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["dropped"]), (12, 0))
        tool.close()
        stream.close()

    def test_kill_with_unread_events(self):
        path = os.path.join(self.dir, "s")
        listener = self.listener(path)
        tool = self.tool("unix:" + path)
        for i in range(5):
            tool.offer(i)
        stream, _ = listener.accept()
        select.select([stream], [], [], DEADLINE)
        tool.kill()
        stream.close()
        tool = self.tool("unix:" + path)
        stream, _ = listener.accept()
        self.assertEqual(self.lines(stream, 5), [event(i) for i in range(5)])
        stream.close()


if __name__ == "__main__":
    harness.main()
