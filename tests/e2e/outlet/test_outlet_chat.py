"""Slack's and PagerDuty's shapes of the webhook, on loopback: each body held against what the two publish of what they take."""
import json
import os
import re
import shutil
import socket

import chat_rules
import harness
from alerts import EVIL, QUICK, Sends, alert, quiet
from harness import Server, reply


class Chat(Sends):
    def server(self, script=None, **options):
        s = Server(script=script, **options)
        self.closers.append(s.close)
        return s

    def bodies(self, server):
        return [chat_rules.slack(r.body) if "/services/" in r.line else chat_rules.pagerduty(r.body) for r in server.requests]

    def slack(self, server):
        t = self.tool("slack+http://127.0.0.1:%d/services/T0/B0/secret" % server.port, token="not-for-slack", **QUICK)
        self.assertEqual(t.greeting, "open")
        return t

    def pager(self, server, key="0123456789abcdef0123456789abcdef"):
        path = os.path.join(self.dir, "key")
        with open(path, "w") as f:
            f.write(key + "\n")
        t = self.tool("pagerduty+http://127.0.0.1:%d/v2/enqueue?routing-key-file=%s" % (server.port, path), **QUICK)
        self.assertEqual(t.greeting, "open")
        return t

    def test_slack(self):
        server = self.server()
        tool = self.slack(server)
        self.send(tool, 1, alert(1, caltrop={"normal": EVIL + "x" * 5000, **{"f%d" % i: "y" * 500 for i in range(60)}}))
        self.send(tool, 2, quiet("event"))
        self.send(tool, 3, quiet("state", state="alive"))
        self.send(tool, 4, alert(4))
        tool.await_stats(lambda s: s["delivered"] == 4)
        tool.close()
        self.assertEqual(len(server.requests), 2)
        for r, body in zip(server.requests, self.bodies(server)):
            self.assertEqual(r.line, "POST /services/T0/B0/secret HTTP/1.1")
            self.assertNotIn("authorization", r.headers)
            self.assertEqual(set(body), {"text", "blocks", "unfurl_links", "unfurl_media"})
            header, section = body["blocks"]
            self.assertEqual(header["type"], "header")
            self.assertEqual(header["text"], {"type": "plain_text", "text": "JNDI payload (exploit) from 10.0.0.7 on web1", "emoji": False})
            self.assertEqual(section["text"]["type"], "plain_text")
            self.assertLessEqual(len(section["text"]["text"]), 3000)
            for text in (body["text"], section["text"]["text"]):
                self.nothing_live(text)
                self.assertIn("evil[.]example", text)
            for bad in "<>@`*":
                self.assertNotIn(bad, body["text"])
            self.assertNotIn(b"${", r.body)

    def test_pagerduty(self):
        server = self.server(lambda peer, k: harness.serve_all(peer, 202))
        tool = self.pager(server)
        actor = {"caltrop": {"grade": None, "news": "new"}, "event": {"severity": 73}}
        self.send(tool, 1, alert(1, **actor))
        self.send(tool, 2, alert(2, caltrop={"grade": None, "news": "grew"}, event={"severity": 73}))
        self.send(tool, 3, alert(3, caltrop={"grade": None, "news": "ended"}, event={"severity": 73}))
        self.send(tool, 4, alert(4, caltrop={"news": "ended"}))
        self.send(tool, 5, alert(5, caltrop={"grade": None, "news": "ended", "evicted": True}, event={"severity": 73}))
        attempt = {"event": {"kind": "alert", "dataset": "caltrop.attempt", "id": "%032x" % 6}, "source": {"ip": "192.0.2.1"},
                   "caltrop": {"grade": "reach", "campaign": "evil.example/a"}}
        self.send(tool, 6, attempt)
        tool.await_stats(lambda s: s["delivered"] == 6)
        tool.close()
        bodies = self.bodies(server)
        self.assertEqual([b["event_action"] for b in bodies], ["trigger", "trigger", "resolve", "trigger", "trigger", "trigger"])
        self.assertEqual([b["dedup_key"] for b in bodies[:5]], ["%032x" % 77] * 5)
        self.assertTrue(bodies[5]["dedup_key"].startswith("campaign-"))
        self.assertEqual([b["payload"]["severity"] for b in bodies], ["error", "error", "error", "critical", "error", "critical"])
        self.assertEqual(bodies[5]["payload"]["summary"], "Exploitation attempt (reach) from 192.0.2.1")
        for r, b in zip(server.requests, bodies):
            self.assertEqual(r.line, "POST /v2/enqueue HTTP/1.1")
            self.assertEqual(b["routing_key"], "0123456789abcdef0123456789abcdef")
            self.assertTrue(b["payload"]["summary"] and b["payload"]["source"])
            self.assertLessEqual(len(b["dedup_key"]), 255)
            self.nothing_live(json.dumps(b["payload"]))
        self.assertEqual(bodies[0]["payload"]["timestamp"], "2026-11-25T20:00:00Z")
        self.assertEqual(bodies[3]["payload"]["custom_details"]["indicators host"], "evil[.]example")

    def test_whatever_stands_in_an_event(self):
        """Long, wide, empty, twice, forbidden: what is sent is what they take, by their own rules."""
        texts = ["", " ", "\t", ".", "x" * 30000, "\u00e9" * 3000, "\U0001f512" * 3000, "a" + "\u0301" * 5000, "\u202e" * 2000, "${" * 2000, "\x00\x1f\x7f" * 99, "&<>@`*~" * 900,
                 "\n" * 4000, "\ufffd\ufeff\u2028", EVIL]
        odd = {"a.b": 1, "a b": 2, "caltrop.a.b": 3, "x" * 100 + "1": 4, "x" * 100 + "2": 5, "": 6, " ": 7, "\x00": 8}
        events = []
        for t in texts:
            for dataset in ("caltrop.decoy", "of.others"):
                events.append(alert(len(events), message=t, event={"dataset": dataset, "action": t}, caltrop={"normal": t, "list": [t[:300]] * 99, t[:200]: t, **odd}))
                events.append(alert(len(events), message=t, source={"ip": t}, observer={"hostname": t}, event={"dataset": dataset}, caltrop={"actor": t, "grade": t}, **odd))
                events.append({"@timestamp": t, "event": {"kind": t or "alert", "id": t, "severity": 200}, "message": t, "observer": {"hostname": t}, "caltrop": {"campaign": t, "state": t}})
        events.append(alert(0, caltrop={"f%d" % i: "\U0001f512" * 700 for i in range(100)}))
        events += [{"event": {"kind": "alert"}}, {}, {"a": None}, {"message": "m"}, {"@timestamp": "2026-11-25T20:00:00.123456Z", "message": "m"}]
        for start in (self.slack, self.pager):
            server = self.server(lambda peer, k: harness.serve_all(peer, 202))
            tool = start(server)
            for n, event in enumerate(events):
                self.send(tool, n, event)
            s = tool.await_stats(lambda s: s["waiting"] == 0)
            self.assertEqual((s["delivered"], s["failures"], s["refused"]), (len(events), 0, 0))
            tool.close()
            self.assertGreater(len(self.bodies(server)), len(events) // 2)
            for r in server.requests:
                self.assertNotIn(b"${", r.body)
            shutil.rmtree(self.spool)

    def test_deaf_and_alive_again(self):
        server = self.server(lambda peer, k: harness.serve_all(peer, 202))
        tool = self.pager(server)
        deaf = quiet("alert", state="deaf")
        states = [quiet("state", state="alive"), quiet("state", state="alive"), deaf, deaf, quiet("state", state="starting"), deaf,
                  quiet("alert", state="deaf", reasons=["another"]), quiet("state", state="alive"), quiet("state", state="alive")]
        for n, event in enumerate(states):
            self.send(tool, n, event)
        tool.await_stats(lambda s: s["delivered"] == len(states))
        tool.close()
        bodies = self.bodies(server)
        self.assertEqual([b["event_action"] for b in bodies], ["resolve", "trigger", "trigger", "resolve"])
        self.assertEqual(len({b["dedup_key"] for b in bodies}), 1)
        self.assertEqual(bodies[1]["payload"]["summary"], "Decoy on web1 is deaf")
        server = self.server()
        tool = self.slack(server)
        for n, event in enumerate(states):
            self.send(tool, n, event)
        tool.await_stats(lambda s: s["delivered"] == len(states))
        tool.close()
        self.assertEqual([b["blocks"][0]["text"]["text"] for b in self.bodies(server)], ["Decoy on web1 is deaf"] * 2 + ["Decoy on web1 is alive"])

    def test_a_service_that_misbehaves_loses_nothing(self):
        faults = [500, 503, 429, 404, 410, 403, None, 301, 400]

        def script(peer, k):
            while True:
                peer.read_request()
                with peer.server.condition:
                    at = len(peer.server.requests) - 1
                if at >= len(faults):
                    peer.send(reply(202))
                elif faults[at] is None:
                    peer.reset()
                    return
                else:
                    peer.send(reply(faults[at], [("Retry-After", "0")]))
        for start in (self.slack, self.pager):
            server = self.server(script)
            tool = start(server)
            for n in range(10):
                self.send(tool, n, alert(n, message="number %d" % n))
            s = tool.await_stats(lambda s: s["waiting"] == 0)
            self.assertEqual((s["delivered"], s["dropped"], s["refused"]), (10, 0, 0))
            tool.close()
            self.bodies(server)
            titles = [re.search(r"number \d+", r.body.decode()).group() for r in server.requests]
            self.assertEqual(list(dict.fromkeys(titles)), ["number %d" % n for n in range(10)])
            for r, title in zip(server.requests, titles):
                self.assertEqual(r.headers["idempotency-key"], "%032x" % int(title[7:]))

    def test_a_message_that_is_refused_for_good(self):
        server = self.server(lambda peer, k: harness.serve_all(peer, 400))
        tool = self.slack(server)
        self.send(tool, 1, alert(1))
        tool.await_stats(lambda s: s["refused"] == 1)
        tool.close()
        self.assertEqual(len(server.requests), 3)

    def test_what_is_no_address(self):
        with open(os.path.join(self.dir, "empty"), "w"):
            pass
        for url in ("pagerduty+http://127.0.0.1/v2/enqueue", "pagerduty+http://127.0.0.1/?routing-key-file=" + self.dir + "/empty",
                    "slack+http://hooks.example/x", "slack+https://", "pagerduty+ftp://x/", "slack:hooks"):
            self.assertTrue(self.tool(url).greeting.startswith("wrong usage"), url)
        self.assertTrue(self.tool("pagerduty+http://127.0.0.1/?routing-key-file=/nonexistent/key").greeting.startswith("not found"))


if __name__ == "__main__":
    harness.main()
