-- Third parties. key: the name in lower case, by which names are one. ours 0: only a list that somebody publishes names it.
CREATE TABLE vendor (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    contact TEXT NOT NULL,        -- an address for mail; empty: none is known
    data TEXT NOT NULL,           -- what they hold of ours
    ours INTEGER NOT NULL,
    added INTEGER NOT NULL
);
CREATE TABLE vendor_product (
    id INTEGER PRIMARY KEY,
    vendor INTEGER NOT NULL REFERENCES vendor,
    name TEXT NOT NULL,           -- empty: the vendor as a whole
    ours INTEGER NOT NULL,        -- we use it
    UNIQUE (vendor, name)
);

-- What they say, in the order in which we learned it: appended, never changed.
CREATE TABLE vendor_statement (
    id INTEGER PRIMARY KEY,
    product INTEGER NOT NULL REFERENCES vendor_product,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    source TEXT NOT NULL,         -- cisa, csaf, openvex, cyclonedx, table, answer
    status TEXT NOT NULL,         -- affected, not_affected, fixed, under_investigation, unknown
    said TEXT NOT NULL,           -- the word as written
    versions TEXT NOT NULL,
    text TEXT NOT NULL,
    action TEXT NOT NULL,
    link TEXT NOT NULL,
    date TEXT NOT NULL,           -- as written
    taken INTEGER NOT NULL,
    who TEXT NOT NULL
);
CREATE INDEX vendor_statement_product ON vendor_statement (product, vulnerability, id);
CREATE INDEX vendor_statement_vulnerability ON vendor_statement (vulnerability);

CREATE TABLE vendor_request (
    id INTEGER PRIMARY KEY,
    vendor INTEGER NOT NULL REFERENCES vendor,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    message TEXT NOT NULL,        -- id of the mail, which reminders refer to
    asked INTEGER NOT NULL,
    reminded INTEGER,             -- last time
    reminders INTEGER NOT NULL,
    answered INTEGER,
    UNIQUE (vendor, vulnerability)
);

-- What we took away from them until they answer: access, data, connections.
CREATE TABLE vendor_limit (
    id INTEGER PRIMARY KEY,
    vendor INTEGER NOT NULL REFERENCES vendor,
    number INTEGER NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    lifted INTEGER,
    lifted_by TEXT NOT NULL,
    UNIQUE (vendor, number)
);
