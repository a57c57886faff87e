"""What Slack and PagerDuty publish of what they take, written down as checks of a body that was sent to them.

Slack: incoming webhooks and Block Kit (docs.slack.dev, "Sending messages using incoming webhooks", "Blocks", "Text object"): a message has text or
blocks; at most 50 blocks; the text of a header is plain_text of 1 to 150 characters, that of a section of 1 to 3000; text is cut beyond 40,000, and
in it & < > are control characters. PagerDuty: Events API v2 (developer.pagerduty.com, "Events API v2 Overview", "Send an Alert Event"): a routing key of
32 characters, dedup_key of at most 255, summary of at most 1024, severity one of four, an ISO 8601 timestamp, 512 KB in all.
Where "characters" may be UTF-16's, as in JavaScript, the stricter reading is held against us."""
import datetime
import json
import re

SEVERITIES = ("critical", "error", "warning", "info")


def units(text):
    return len(text.encode("utf-16-le")) // 2


def need(condition, *what):
    if not condition:
        raise AssertionError("the service would refuse it: %s" % (what,))


def once(pairs):
    need(len({k for k, _ in pairs}) == len(pairs), "a name that comes twice", [k for k, _ in pairs])
    return dict(pairs)


def parse(body):
    body.decode("utf-8")
    value = json.loads(body, object_pairs_hook=once)
    need(isinstance(value, dict), "no object")
    return value


def text_of(value, most, what):
    need(isinstance(value, str) and value.strip() and units(value) <= most, what, value)


def keys(value, required, allowed, what):
    need(isinstance(value, dict) and set(required) <= set(value) <= set(required) | set(allowed), what, sorted(value))


def slack(body):
    """The message, once it is one that an incoming webhook takes."""
    m = parse(body)
    keys(m, (), ("text", "blocks", "attachments", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media"), "message")
    need("text" in m or "blocks" in m, "no_text")
    if "text" in m:
        text_of(m["text"], 40000, "text")
        need(not re.search(r"[<>]|&(?!amp;|lt;|gt;)", m["text"]), "a control character in text", m["text"])
    need(isinstance(m.get("blocks", []), list) and len(m.get("blocks", [])) <= 50, "too many blocks")
    for block in m.get("blocks", []):
        need(block.get("type") in ("header", "section"), "invalid_blocks", block)
        keys(block, ("type", "text"), ("block_id",), "block")
        text = block["text"]
        keys(text, ("type", "text"), ("emoji",) if text.get("type") == "plain_text" else ("verbatim",), "text object")
        need(text["type"] == "plain_text" or (block["type"] == "section" and text["type"] == "mrkdwn"), "text object", text)
        need(isinstance(text.get("emoji", False), bool), "emoji")
        text_of(text["text"], 150 if block["type"] == "header" else 3000, block["type"])
    return m


def pagerduty(body):
    """The event, once it is one that the enqueue endpoint takes."""
    need(len(body) <= 512 * 1000, "too large", len(body))
    e = parse(body)
    keys(e, ("routing_key", "event_action"), ("dedup_key", "payload", "client", "client_url", "images", "links"), "event")
    need(re.fullmatch(r"[0-9A-Za-z]{32}", e["routing_key"]), "routing_key")
    need(e["event_action"] in ("trigger", "acknowledge", "resolve"), "event_action", e["event_action"])
    if "dedup_key" in e:
        text_of(e["dedup_key"], 255, "dedup_key")
    need(e["event_action"] == "trigger" or "dedup_key" in e, "dedup_key is needed for", e["event_action"])
    need(e["event_action"] != "trigger" or "payload" in e, "a trigger without its payload")
    if "payload" in e:
        p = e["payload"]
        keys(p, ("summary", "source", "severity"), ("timestamp", "component", "group", "class", "custom_details"), "payload")
        text_of(p["summary"], 1024, "summary")
        text_of(p["source"], 1024, "source")
        need(p["severity"] in SEVERITIES, "severity", p["severity"])
        for name in ("component", "group", "class"):
            need(isinstance(p.get(name, ""), str), name)
        if "timestamp" in p:
            need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", p["timestamp"]), "timestamp", p["timestamp"])
            datetime.datetime.fromisoformat(p["timestamp"][:19])
        need(isinstance(p.get("custom_details", {}), dict), "custom_details")
    return e
