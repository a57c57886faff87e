"""Address ranges against Python's ipaddress, on random ranges, addresses near their edges, and spoiled text."""
import ipaddress
import random
import subprocess
import sys

seed = random.randrange(1 << 32)
print("seed", seed)
lot = random.Random(seed)
rows = []
for _ in range(20000):
    six = lot.random() < 0.5
    bits = 128 if six else 32
    cls = ipaddress.IPv6Address if six else ipaddress.IPv4Address
    base, n = lot.getrandbits(bits), lot.randrange(bits + 1)
    network = (ipaddress.IPv6Network if six else ipaddress.IPv4Network)((base, n), strict=False)
    edge = lot.choice([int(network[0]), int(network[-1]), base]) + lot.choice([-1, 0, 0, 1])
    near = base ^ (1 << lot.randrange(bits)) if lot.random() < 0.5 else edge
    address = cls(near % (1 << bits))
    if six and address.ipv4_mapped:
        continue
    shown = address.exploded if six and lot.random() < 0.3 else str(address)
    if lot.random() < 0.3:
        shown = "[%s]:443" % shown if six else shown + ":443"
    rows.append(("%s/%d" % (cls(base), n), shown, "1" if address in network else "0"))
for text in ("", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "010.0.0.1", "1.2.3.4/0x8", "::g/1", "h.example/8", "1.2.3.4/8/8"):
    try:
        ipaddress.ip_network(text, strict=False)
        raise SystemExit("python takes " + text)
    except ValueError:
        rows.append((text or "x", "10.0.0.1", "?"))
for address in ("", "10.0.0", "evil.example", "10.0.0.1x", "-"):
    rows.append(("10.0.0.0/8", address, "0"))
rows.append(("10.0.0.0/8", "::ffff:10.1.2.3", "1"))
rows.append(("0.0.0.0/0", "2001:db8::1", "0"))
answers = subprocess.run([sys.argv[1]], input="".join("%s %s\n" % row[:2] for row in rows), text=True, capture_output=True, check=True).stdout.split()
wrong = [(row, got) for row, got in zip(rows, answers) if row[2] != got]
print(len(rows), "rows,", len(wrong), "wrong", wrong[:5])
sys.exit(bool(wrong) or len(answers) != len(rows))
