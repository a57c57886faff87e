-- What was tried. Grades and words are those of events; what came from an attacker is kept as the event had it.
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    callback TEXT NOT NULL,       -- whom it calls: registrable domain or address, and port
    scanner TEXT NOT NULL,        -- label of a known scanner
    grade INTEGER NOT NULL,       -- the highest: none 0, rule 1, leak 2, dos 3, attempt 4, reach 5, exploit 6
    normal TEXT NOT NULL          -- of the first attempt of that grade
);
-- What an attempt would do where: the same for very many.
CREATE TABLE attempt_shape (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    grade TEXT NOT NULL,
    certainty TEXT NOT NULL,
    conditions TEXT NOT NULL,     -- JSON array of texts
    fires TEXT NOT NULL           -- JSON array of objects: versions, sink, setting
);
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    event BLOB NOT NULL UNIQUE,
    campaign INTEGER NOT NULL REFERENCES campaign,
    shape INTEGER NOT NULL REFERENCES attempt_shape,
    source TEXT NOT NULL,         -- log
    target TEXT NOT NULL,         -- virtual host
    asset INTEGER REFERENCES asset, -- whose log it is, where that was said
    at INTEGER NOT NULL,
    has_time INTEGER NOT NULL,    -- 0: the line has none, and at is when it was taken
    stands_for INTEGER NOT NULL,
    line INTEGER NOT NULL,
    client TEXT NOT NULL,
    status TEXT NOT NULL,
    waf TEXT NOT NULL,
    contacted INTEGER NOT NULL
);
CREATE INDEX attempt_group ON attempt (campaign, shape, source, target, asset, at);

-- Where requests go: a log, or a virtual host, belongs to a service; assets serve it, and assets read what it writes or sends on.
CREATE TABLE route (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    log TEXT NOT NULL,            -- pattern; empty: any
    host TEXT NOT NULL,           -- pattern; empty: any
    asset INTEGER NOT NULL REFERENCES asset,
    role TEXT NOT NULL CHECK (role IN ('serves', 'reads')),
    added INTEGER NOT NULL,
    UNIQUE (service, log, host, asset, role)
);
