"""The webhook outlet against a real TLS server that behaves in every way servers misbehave."""
import os
import socket
import ssl
import warnings

import harness
from harness import Case, Certificates, Server, event, reply, serve_all

QUICK = {"step": 2000, "answer": 700}


class Web(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.pem = cls.certificates.leaf("good", "DNS:localhost,IP:127.0.0.1,IP:::1")

    @classmethod
    def tearDownClass(cls):
        cls.certificates.remove()

    def server(self, script=None, **options):
        options.setdefault("pem", self.pem)
        s = Server(script=script, **options)
        self.closers.append(s.close)
        return s

    def web(self, server, host="localhost", path="/hook?a=b", **options):
        options.setdefault("ca", self.certificates.ca)
        t = self.tool("https://%s:%d%s" % (host, server.port, path), **options)
        self.assertEqual(t.greeting, "open")
        return t

    def deliver(self, script, n=5, failures=True, **options):
        """n events through a server that runs `script` first; all must arrive, in order, duplicates merged."""
        server = self.server(script)
        tool = self.web(server, **{**QUICK, **options})
        for i in range(n):
            tool.offer(i)
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual(s["delivered"], n)
        self.assertEqual((s["dropped"], s["refused"]), (0, 0))
        self.assertEqual(s["failures"] > 0, failures)
        tool.close()
        self.assertEqual(list(dict.fromkeys(server.numbers())), list(range(n)))
        return server, s

    def test_request_as_promised(self):
        server = self.server()
        tool = self.web(server, token="abc.DEF-123")
        for i in range(20):
            tool.offer(i)
        tool.close()
        self.assertEqual(server.numbers(), list(range(20)))
        self.assertEqual(server.connections, 1)
        for i, r in enumerate(server.requests):
            self.assertEqual(r.line, "POST /hook?a=b HTTP/1.1")
            self.assertEqual(r.body.decode(), event(i))
            self.assertEqual(r.headers["host"], "localhost:%d" % server.port)
            self.assertEqual(r.headers["content-type"], "application/json")
            self.assertEqual(r.headers["idempotency-key"], "%032x" % i)
            self.assertEqual(r.headers["authorization"], "Bearer abc.DEF-123")
            self.assertTrue(r.headers["user-agent"].startswith("caltrop/"))

    def test_addresses_in_the_certificate(self):
        for host, listen in (("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")):
            if listen == "::1":
                try:
                    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
                except OSError:
                    continue
            server = self.server(host=listen)
            tool = self.web(server, host=host)
            tool.offer(1)
            tool.close()
            self.assertEqual(server.numbers(), [1])

    def test_ways_to_say_yes(self):
        def script(peer, k):
            peer.read_request()
            if k == 0:
                peer.send(reply(200, [("Transfer-Encoding", "chunked")], length=False) + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n")
                peer.read_request()
                peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(202, body=b"accepted"))
                peer.read_request()
                peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
                peer.read_request()
                peer.send(reply(200, [("Connection", "close")]))
            else:
                peer.send(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")

        server, _ = self.deliver(script, n=7, failures=False)
        self.assertEqual(server.connections, 4)

    def test_connection_closed_without_a_word(self):
        def script(peer, k):
            peer.read_request()
            peer.send(reply())

        server, _ = self.deliver(script, n=10, failures=False)
        self.assertEqual(server.connections, 10)

    def test_dead_then_alive(self):
        placeholder = socket.create_server(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
        placeholder.close()
        tool = self.tool("https://localhost:%d/" % port, ca=self.certificates.ca)
        for i in range(5):
            tool.offer(i)
        s = tool.await_stats(lambda s: s["failures"] >= 4)
        self.assertIn("refused", s["last_error"])
        self.assertEqual(s["waiting"], 5)
        server = self.server(port=port)
        tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual(server.numbers(), list(range(5)))

    def test_500_then_200(self):
        def script(peer, k):
            for status in (500, 503, 502, 408, 429):
                peer.read_request()
                peer.send(reply(status, body=b"busy"))
            serve_all(peer)

        server, s = self.deliver(script)
        self.assertEqual(server.numbers(), [0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
        self.assertEqual(s["failures"], 5)

    def first(self, misbehave):
        def script(peer, k):
            if k == 0:
                peer.read_request()
                misbehave(peer)
            else:
                serve_all(peer)

        return script

    def test_hangs(self):
        _, s = self.deliver(self.first(lambda peer: peer.wait_for_close()))
        self.assertIn("timed out", s["last_error"])

    def test_hangs_in_the_handshake(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.closers.append(silent.close)
        tool = self.tool("https://localhost:%d/" % silent.getsockname()[1], ca=self.certificates.ca, step=200)
        tool.offer(1)
        s = tool.await_stats(lambda s: s["failures"] >= 2)
        self.assertIn("timed out", s["last_error"])

    def test_trickles(self):
        def trickle(peer):
            peer.sock.settimeout(0.05)
            while True:
                peer.send(b"H" if not peer.buffer else b"")
                peer.send(b"X-Slow: 1\r\n" if peer.buffer else b"TTP/1.1 200 OK\r\n")
                peer.buffer = b"!"
                try:
                    if not peer.sock.recv(1):
                        return
                except TimeoutError:
                    pass

        _, s = self.deliver(self.first(trickle))
        self.assertIn("timed out", s["last_error"])

    def test_resets(self):
        self.deliver(self.first(lambda peer: peer.reset()))

    def test_breaks_off_in_the_head(self):
        self.deliver(self.first(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Le")))

    def test_breaks_off_in_the_body_of_a_yes(self):
        server, _ = self.deliver(self.first(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")),
                                 failures=False)
        self.assertEqual(server.numbers(), list(range(5)))

    def test_garbage(self):
        for answer in (b"\x00\xff garbage \r\n\r\n" * 50, b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\n\n",
                       b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n"):
            with self.subTest(answer=answer[:30]):
                _, s = self.deliver(self.first(lambda peer: peer.send(answer)))
                self.assertIn("no HTTP/1.1", s["last_error"])
                self.tearDown()
                self.setUp()

    def test_redirect_is_not_followed(self):
        elsewhere = self.server()

        def script(peer, k):
            for status in (301, 302, 307, 308):
                peer.read_request()
                peer.send(reply(status, [("Location", "https://localhost:%d/" % elsewhere.port)]))
            serve_all(peer)

        _, s = self.deliver(script)
        self.assertIn("redirects are not followed", s["last_error"])
        self.assertEqual(elsewhere.connections, 0)

    def test_poison_is_set_aside(self):
        def script(peer, k):
            while True:
                bad = peer.read_request().n in (3, 4, 7)
                peer.send(reply(400 if bad else 200))

        server = self.server(script)
        tool = self.web(server)
        for i in range(10):
            tool.offer(i)
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["refused"], s["dropped"]), (7, 3, 0))
        tool.close()
        self.assertEqual(server.numbers(), [0, 1, 2, 3, 3, 3, 4, 4, 4, 5, 6, 7, 7, 7, 8, 9])
        self.assertEqual(self.refused_lines(), [event(3), event(4), event(7)])
        tool = self.web(server)
        self.assertEqual(tool.stats()["refused"], 3)

    def test_early_no_to_a_large_body(self):
        def script(peer, k):
            while True:
                _, headers = peer.read_head()
                if int(headers["content-length"]) > 100000:
                    peer.send(reply(413, [("Connection", "close")]))
                    peer.wait_for_close()
                    return
                while len(peer.buffer) < int(headers["content-length"]):
                    peer.fill()
                peer.buffer = b""
                peer.send(reply())

        tool = self.web(self.server(script), answer=3000)
        tool.offer(1, size=900000)
        tool.offer(2)
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["refused"]), (1, 1))

    def test_wrong_token_throws_nothing_away(self):
        def script(peer, k):
            for _ in range(8):
                peer.read_request()
                peer.send(reply(401))
            serve_all(peer)

        self.deliver(script)

    def test_retry_after(self):
        def script(peer, k):
            peer.read_request()
            peer.send(reply(429, [("Retry-After", "1")]))
            serve_all(peer)

        server, _ = self.deliver(script, n=1)
        self.assertGreaterEqual(server.requests[1].time - server.requests[0].time, 0.99)

    def test_certificates_that_do_not_fit(self):
        expired = self.certificates.leaf("expired", "DNS:localhost", days=-1)
        other = self.certificates.leaf("elsewhere", "DNS:elsewhere.test,IP:192.0.2.1")
        good, ca = self.pem, self.certificates.ca
        for why, pem, host, authority in (("expired", expired, "localhost", ca), ("Common Name", other, "localhost", ca),
                                          ("Common Name", other, "127.0.0.1", ca),
                                          ("not correctly signed", good, "localhost", self.certificates.other)):
            with self.subTest(why=why, host=host):
                server = self.server(pem=pem)
                tool = self.web(server, host=host, ca=authority)
                tool.offer(1)
                s = tool.await_stats(lambda s: s["failures"] >= 2)
                self.assertIn("certificate refused", s["last_error"])
                self.assertIn(why, s["last_error"])
                self.assertEqual(server.requests, [])
                tool.kill()
                for folder in os.listdir(self.spool):
                    self.assertTrue(folder.startswith("https-"))

    def test_no_system_authority_vouches_for_us(self):
        if not os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
            self.skipTest("no system bundle")
        server = self.server()
        tool = self.tool("https://localhost:%d/" % server.port)
        tool.offer(1)
        self.assertIn("certificate refused", tool.await_stats(lambda s: s["failures"] >= 1)["last_error"])
        self.assertEqual(server.requests, [])

    def test_old_tls_is_refused(self):
        server = self.server()
        client = ssl.create_default_context(cafile=self.certificates.ca)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            for context in (server.context, client):
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
                context.set_ciphers("ALL:@SECLEVEL=0")
        # Others do get through, so it is our side that says no.
        with socket.create_connection(("127.0.0.1", server.port)) as raw, client.wrap_socket(raw, server_hostname="localhost") as s:
            self.assertIn(s.version(), ("TLSv1", "TLSv1.1"))
        tool = self.web(server)
        tool.offer(1)
        tool.await_stats(lambda s: s["failures"] >= 2)
        self.assertEqual(server.requests, [])

    def test_plain_http(self):
        server = self.server(pem=None)
        tool = self.tool("http://127.0.0.1:%d/" % server.port)
        tool.offer(1)
        tool.close()
        self.assertEqual(server.numbers(), [1])
        for url in ("http://192.0.2.1/", "http://example.test/", "https://user:secret@localhost/", "https://", "https://h:0/",
                    "gopher://x/", "https://localhost/a b", ""):
            tool = self.tool(url)
            self.assertTrue(tool.greeting.startswith("wrong usage: "), (url, tool.greeting))
            self.assertNotIn("secret", tool.greeting)

    def test_tls_expected_plain_found(self):
        server = self.server(pem=None)
        tool = self.web(server, **QUICK)
        tool.offer(1)
        tool.await_stats(lambda s: s["failures"] >= 2)
        self.assertEqual(server.requests, [])

    def test_proxy_variables_are_ignored(self):
        server, proxy = self.server(), self.server(pem=None)
        where = "http://127.0.0.1:%d" % proxy.port
        env = dict(os.environ, https_proxy=where, HTTPS_PROXY=where, http_proxy=where, ALL_PROXY=where)
        tool = self.web(server, env=env)
        tool.offer(1)
        tool.close()
        self.assertEqual((server.numbers(), proxy.connections), ([1], 0))

    def test_kill_in_the_middle(self):
        server = self.server()
        for round in range(4):
            tool = self.web(server)
            for i in range(round * 200, round * 200 + 200):
                tool.offer(i, size=500)
            server.wait(lambda s: len(s.requests) >= round * 200 + 50)
            tool.kill()
        tool = self.web(server)
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["dropped"], s["damaged"]), (0, 0))
        tool.close()
        got = server.numbers()
        self.assertEqual(list(dict.fromkeys(got)), list(range(800)))
        # One event at most was under way at each kill.
        self.assertLessEqual(len(got), 804)
        by_key = {}
        for r in server.requests:
            by_key.setdefault(r.headers["idempotency-key"], set()).add(r.body)
        self.assertEqual(len(by_key), 800)
        self.assertTrue(all(len(bodies) == 1 for bodies in by_key.values()))

    def test_close_does_not_wait_for_a_hanging_server(self):
        server = self.server(lambda peer, k: (peer.read_request(), peer.wait_for_close()))
        tool = self.web(server, answer=10 ** 9)  # waiting for it would hang the test
        for i in range(3):
            tool.offer(i)
        server.wait(lambda s: len(s.requests) == 1)
        tool.close(100)
        server.script = lambda peer, k: serve_all(peer)
        tool = self.web(server)
        self.assertEqual(tool.await_stats(lambda s: s["waiting"] == 0)["delivered"], 3)

    def test_offers_do_not_wait(self):
        """A receiver that hangs for good; the spool drops the oldest and counts them, over a restart too."""
        server = self.server(lambda peer, k: (peer.read_request(), peer.wait_for_close()))
        tool = self.web(server, spool_max=65536)
        for i in range(500):
            tool.offer(i, size=1000)
        s = tool.stats()
        self.assertEqual(s["delivered"], 0)
        self.assertEqual(s["dropped"] + s["waiting"], 500)
        self.assertGreater(s["dropped"], 400)
        tool.close(0)
        server.script = lambda peer, k: serve_all(peer)
        before = len(server.requests)
        tool = self.web(server, spool_max=65536)
        self.assertEqual(tool.stats()["dropped"], s["dropped"])
        tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual(server.numbers()[before:], list(range(s["dropped"], 500)))


if __name__ == "__main__":
    harness.main()
