"""Compares text with Python's own libraries, on seeded random input. Usage: against_python.py FILTER"""
import base64, codecs, csv, email.charset, email.header, html, html.entities, io, json, os, quopri, random, re, struct, subprocess, sys, unicodedata, warnings, xml.parsers.expat
from urllib.parse import unquote_to_bytes

DONE, UNCHANGED = 0, 1
seed = int(os.environ.get("CT_SEED", random.SystemRandom().randrange(2**63)))
print(f"against_python: seed {seed} (CT_SEED={seed} repeats this run)")
rng = random.Random(seed)
failures = []
compared = {}


def run(records):
    """[(letter, bytes)] -> [(status, bytes)]"""
    data = b"".join(what.encode() + struct.pack("<I", len(b)) + b for what, b in records)
    out = subprocess.run([sys.argv[1]], input=data, stdout=subprocess.PIPE, check=True).stdout
    answers, at = [], 0
    while at < len(out):
        status, n = struct.unpack_from("<BI", out, at)
        answers.append((status, out[at + 5:at + 5 + n]))
        at += 5 + n
    assert len(answers) == len(records), (len(answers), len(records))
    return answers


def compare(name, what, inputs, oracle):
    """oracle(input) -> the bytes wanted, or None for 'must be refused'."""
    compared[name] = len(inputs)
    for given, (status, have) in zip(inputs, run([(what, i) for i in inputs])):
        want = oracle(given)
        if status == UNCHANGED:
            have = given
        if want is None and status <= UNCHANGED or want is not None and (status > UNCHANGED or have != want):
            failures.append(f"{name}: {given!r}: status {status}, have {have!r}, want {want!r}")


def mix(pieces, most=12):
    return b"".join(rng.choice(pieces) if rng.random() < 0.7 else bytes([rng.randrange(256)]) for _ in range(rng.randrange(most)))


def percent():
    pieces = [b"%24", b"%7B", b"%7b", b"%", b"%2", b"%zz", b"%00", b"%fF", b"+", b"%25", b"a", b"%C3%A9"]
    inputs = [i for i in (mix(pieces) for _ in range(20000)) if not re.search(b"%[uU]", i)]
    compare("percent", "p", inputs, unquote_to_bytes)
    compare("form", "f", inputs, lambda i: unquote_to_bytes(i.replace(b"+", b" ")))


def backslash():
    pieces = [b"\\x24", b"\\x7B", b"\\\\", b"\\n", b"\\t", b"\\r", b"\\b", b"\\f", b"\\'", b'\\"', b"\\0", b"\\17", b"\\377",
              b"\\q", b"\\8", b"\\xfFa", b"x", b"24", b"{"]
    inputs = [i for i in (mix(pieces) for _ in range(20000))
              if not re.search(rb"\\[av\n/.uN]|\\[4-7]|\\\Z|\\x(?![0-9a-fA-F]{2})", i)]
    warnings.simplefilter("ignore", DeprecationWarning)  # an unknown escape stays, which is what we want
    compare("backslash", "b", inputs, lambda i: codecs.escape_decode(i)[0])


def mail():
    """What Python's mail library encodes, with its own reading of it as the reference."""
    inputs = []
    for _ in range(3000):
        charset = email.charset.Charset("utf-8")
        charset.header_encoding = rng.choice([email.charset.QP, email.charset.BASE64])
        text = "".join(rng.choice(["${jndi:", "ldap://h/a}", "x", "é", "😀", "?", "=", "_", "~"]) for _ in range(rng.randrange(1, 60)))
        inputs.append(email.header.Header(text, charset).encode(maxlinelen=rng.choice([40, 75, 200])).encode())
    compare("words", "w", inputs, lambda i: str(email.header.make_header(email.header.decode_header(i.decode()))).encode())
    pieces = [b"${jndi:", b"ldap://h/a}", b"=", b" ", b"\n", b"x" * 40, b"\t", "é".encode()]
    inputs = [quopri.encodestring(mix(pieces, 20), rng.random() < 0.5) for _ in range(5000)]
    compare("quoted", "q", inputs, quopri.decodestring)


def in_scope(text):
    """Names that must be decoded: they yield ASCII, or what case mapping turns into ASCII."""
    if len(text) > 1:
        return text.isascii()
    return " " <= text < "\x7f" or text in "\t\n" or text.upper().isascii() or text.lower()[0].isascii()


def entities():
    names = {n.rstrip(";"): t for n, t in html.entities.html5.items()}
    scope = {n: t for n, t in names.items() if in_scope(t)}
    # Every name of the standard; one outside the scope may only be cut at a shorter name that is inside.
    compare("HTML names", "h", [f"&{n};".encode() for n in scope], lambda i: html.unescape(i.decode()).encode())
    compare("HTML names, bare", "h", [f"&{n}".encode() for n in scope], lambda i: scope[i[1:].decode()].encode())
    others = [n for n in names if n not in scope and not any(n.startswith(s) for s in scope)]
    compare("HTML names left alone", "h", [f"&{n};".encode() for n in others], lambda i: i)

    def reference():
        code = rng.choice([rng.randrange(0x20, 0x7f), rng.randrange(0xa0, 0xd800), rng.randrange(0xd800, 0xe000),
                           rng.randrange(0xe000, 0xfdd0), rng.randrange(0x10000, 0x1fffe), 0, 0x110000, 10**12])
        zeros = "0" * rng.randrange(3)
        form = rng.choice([f"&#{zeros}{code}", f"&#x{zeros}{code:x}", f"&#X{zeros}{code:X}"])
        return form + rng.choice([";", ";", " "])

    pieces = [lambda: f"&{rng.choice(list(scope))};", reference, lambda: rng.choice(["x", "{", "&;", "& ", "&#;", "&#x;", ";", "é"])]
    inputs = ["".join(rng.choice(pieces)() for _ in range(rng.randrange(8))).encode() for _ in range(20000)]
    compare("HTML", "h", inputs, lambda i: html.unescape(i.decode()).encode())


def base64s():
    wanted = {}
    for _ in range(5000):
        text = "".join(rng.choice(["${jndi:", "x", "é", "😀", "\n", "\t", "?", "~", ">"]) for _ in range(rng.randrange(23, 50))).encode()
        coded = rng.choice([base64.b64encode, base64.urlsafe_b64encode])(text)
        if rng.random() < 0.4:
            coded = coded.rstrip(b"=")
        if rng.random() < 0.3:
            coded = coded.replace(b"+", b" ")
        if rng.random() < 0.3:
            coded = re.sub(rb"(.{8})", rb"\1\r\n", coded)
        wanted[coded] = text
    compare("base64", "6", list(wanted), wanted.get)
    # Bytes that are no text are left alone.
    inputs = [base64.b64encode(rng.randbytes(30)) for _ in range(2000)]

    def text_or_same(coded):
        plain = base64.b64decode(coded)
        try:
            text = plain.decode()
        except UnicodeDecodeError:
            return coded
        return coded if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text) else plain

    compare("base64 of bytes", "6", inputs, text_or_same)


def replace_lone(value):
    """Lone surrogates, which Python keeps, as U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [replace_lone(v) for v in value]
    if isinstance(value, dict):
        return {replace_lone(k): replace_lone(v) for k, v in value.items()}
    return value


def refuse(name):
    raise ValueError(name)


def load(text):
    return replace_lone(json.loads(text, parse_constant=refuse))


def random_value(depth=0):
    kind = rng.randrange(8 if depth < 5 else 5)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice([0, -1, 10**30, rng.random(), -1.5e-300, 1e22])
    if kind < 5:
        return "".join(rng.choice(["${", '"', "\\", "/", "\n", "\x00", "\x7f", "é", "😀", "\u202e", "x"]) for _ in range(rng.randrange(6)))
    if kind < 6:
        return [random_value(depth + 1) for _ in range(rng.randrange(4))]
    return {str(random_value(9)): random_value(depth + 1) for _ in range(rng.randrange(4))}


def json_reader():
    documents = []
    for _ in range(6000):
        text = json.dumps(random_value(), ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1]))
        documents.append(text)
        for _ in range(3):  # a character gone, doubled, or another one
            at = rng.randrange(len(text))
            documents.append(text[:at] + rng.choice(["", text[at] * 2, rng.choice('{}[]",:\\u0e.-+ \n\x01tfn/x')]) + text[at + 1:])
    answers = run([("j", d.encode()) for d in documents])
    accepted = 0
    for text, (status, have) in zip(documents, answers):
        try:
            want = load(text)
        except ValueError:
            if status <= UNCHANGED:
                failures.append(f"json reader takes what Python refuses: {text!r}")
            continue
        accepted += 1
        if status > UNCHANGED or json.loads(have) != want:
            failures.append(f"json reader: {text!r}: status {status}, have {have!r}")
    compared["json reader"] = len(documents)
    assert accepted > len(documents) / 5 and accepted < len(documents), accepted


def json_writer():
    texts = ["".join(chr(rng.choice([rng.randrange(0x100), rng.randrange(0xd800), rng.randrange(0xe000, 0x110000), 36, 123, 92, 34]))
                     for _ in range(rng.randrange(20))) for _ in range(10000)]
    for text, (_, have) in zip(texts, run([("J", t.encode()) for t in texts])):
        if json.loads(have) != text or b"$" in have:
            failures.append(f"json writer: {text!r}: have {have!r}")
    numbers = [struct.unpack("<d", rng.randbytes(8))[0] for _ in range(10000)] + [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 1e15, -0.0]
    numbers = [n for n in numbers if n == n and abs(n) != float("inf")]
    for number, (_, have) in zip(numbers, run([("d", repr(number).encode()) for number in numbers])):
        if json.loads(have) != number:
            failures.append(f"json number: {number!r}: have {have!r}")
    compared["json writer"] = len(texts) + len(numbers)


def random_xml(depth=0):
    name = rng.choice(["a", "b", "x:c", "long.name-1", "\u00e9"])
    attributes = rng.choice(["", " a='1'", ' a="&lt;&#65;>"', " b = '2'\n a='/&quot;'", " x:a='no'"])
    if rng.random() < 0.2:
        return f"<{name}{attributes}/>"
    pieces = ["t", " ", "&amp;", "&#x1f600;", "&#233;", "<!-- <a> -- -->".replace("-- -->", "-->"), "<![CDATA[<a>&amp;]] >]]>", "<?p <a> ?>", "\u20ac", "]]", "'\""]
    inside = "".join(random_xml(depth + 1) if rng.random() < 0.4 and depth < 6 else rng.choice(pieces) for _ in range(rng.randrange(5)))
    return f"<{name}{attributes}>{inside}</{name}{rng.choice(['', ' '])}>"


def xml_reader():
    def oracle(data):
        out, text = [], []

        def flush():
            if text:
                out.append("".join(text))
                text.clear()

        def opened(name, attributes):
            flush()
            out.append("<" + name.rpartition(":")[2] + (" " + attributes["a"] if "a" in attributes else ""))

        def closed(name):
            flush()
            out.append(">" + name.rpartition(":")[2])

        parser = xml.parsers.expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, text.append
        parser.Parse(data, True)
        return "".join(s + "\0" for s in out).encode()

    heads = ["", "<?xml version='1.0'?>\n", "\ufeff", "<!DOCTYPE a [<!ENTITY e '<b>'> <!ELEMENT a ANY>]>", "<!-- > -->"]
    inputs = [(rng.choice(heads) + random_xml() + rng.choice(["", "\n", "<!-- e -->"])).encode() for _ in range(5000)]
    broken = []
    for i in inputs:  # what the reference still takes after a change, ours takes the same way
        at = rng.randrange(len(i))
        b = i[:at] + rng.choice([b"", b"<", b">", b"/", b"&", b"x", b" "]) + i[at + 1:]
        try:
            oracle(b)
            broken.append(b)
        except xml.parsers.expat.ExpatError:
            pass
    compare("xml", "x", inputs, oracle)
    compare("xml, changed", "x", broken, oracle)


def printers():
    texts = ["".join(rng.choice(["<", ">", "&", '"', "'", "$", "{", ",", "=", "+", " ", "x", "é", "😀", "&lt;"])
                     for _ in range(rng.randrange(10))) for _ in range(5000)]
    shown = [re.sub(r"\$(?=\{|$)", r"\\x24", t) for t in texts]
    for text, plain, (_, page), (_, cell), (_, line) in zip(texts, shown, run([("H", t.encode()) for t in texts]),
                                                           run([("C", t.encode()) for t in texts]), run([("T", t.encode()) for t in texts])):
        if line.decode() != plain:
            failures.append(f"text: {text!r}: have {line!r}")
        if html.unescape(page.decode()) != text or re.search(rb"[<>\"'$]", page):
            failures.append(f"html: {text!r}: have {page!r}")
        row = next(csv.reader(io.StringIO("a," + cell.decode() + ",z\n"), strict=True))
        want = "'" + plain if re.match("[=+@-]", text) else plain
        if row != ["a", want, "z"]:
            failures.append(f"csv: {text!r}: have {cell!r}, read as {row!r}")
    compared["printers"] = 3 * len(texts)


def unicode_tables():
    [(_, shows)] = run([("s", b"")])
    visible_format = {*range(0x600, 0x606), 0x6dd, 0x70f, 0x890, 0x891, 0x8e2, 0x110bd, 0x110cd}
    ignorable = {0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, *range(0x180b, 0x1810), 0x3164, *range(0xfe00, 0xfe10), 0xffa0, *range(0xe0100, 0xe01f0)}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        noncharacter = code & 0xfffe == 0xfffe or 0xfdd0 <= code <= 0xfdef
        hidden = category in ("Cc", "Cs", "Co", "Zl", "Zp") or noncharacter or code in ignorable
        hidden = hidden or category == "Cf" and code not in visible_format
        if category == "Cn" and not noncharacter:
            continue  # unassigned: either answer will do
        if bool(shows[code]) == hidden:
            failures.append(f"shows U+{code:04X} ({category}): have {shows[code]}")
    inputs = [mix([b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\x80",
                   b"\xf4\x8f\xbf\xbf", b"\xe2\x82", b"a"], 5) for _ in range(20000)]

    def valid(data):
        try:
            data.decode()
            return b"\x01"
        except UnicodeDecodeError:
            return b"\x00"

    compare("utf-8", "v", inputs, valid)


for test in (percent, backslash, mail, entities, base64s, json_reader, json_writer, xml_reader, printers, unicode_tables):
    test()
for name, n in compared.items():
    print(f"{name}: {n} compared")
for failure in failures[:20]:
    print("FAILED", failure)
sys.exit(1 if failures else 0)
