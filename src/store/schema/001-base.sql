-- Times: microseconds since 1970 UTC. Words (states, environments, kinds) are those that reports print.

-- What happened: one row per change, written in the transaction of the change, never altered. hash covers the row and the hash before it.
CREATE TABLE timeline (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,           -- asset.added, finding.opened, ...
    subject TEXT NOT NULL,        -- asset web-1 (production)
    asset INTEGER,                -- no references: the timeline outlives what it speaks of
    vulnerability INTEGER,
    was TEXT,
    now TEXT,
    why TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX timeline_at ON timeline (at);
CREATE INDEX timeline_asset ON timeline (asset) WHERE asset IS NOT NULL;
CREATE INDEX timeline_vulnerability ON timeline (vulnerability) WHERE vulnerability IS NOT NULL;

-- One row: how far the timeline goes, so that a missing end is noticed too.
CREATE TABLE timeline_head (id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, hash BLOB NOT NULL);

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE asset (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('development', 'staging', 'production', 'unknown')),
    exposure TEXT NOT NULL CHECK (exposure IN ('public', 'internal', 'receives-public-input', 'unknown')),
    owner TEXT NOT NULL,
    criticality TEXT NOT NULL CHECK (criticality IN ('', 'low', 'medium', 'high', 'critical')),
    machine_id TEXT NOT NULL,     -- of the host that reported; empty: none did
    hardware_id TEXT NOT NULL,
    added INTEGER NOT NULL,
    retired INTEGER,
    looked INTEGER,               -- end of its newest look
    assessed INTEGER,             -- end of its newest complete look at all of it
    UNIQUE (name, environment)    -- staging and production may both hold a web-1
);
CREATE INDEX asset_machine ON asset (machine_id) WHERE machine_id <> '';
CREATE TABLE asset_tag (asset INTEGER NOT NULL REFERENCES asset, tag TEXT NOT NULL, PRIMARY KEY (asset, tag)) WITHOUT ROWID;

-- A look at an asset: a scan, or a bill of materials somebody handed in. digest makes taking it twice harmless.
CREATE TABLE look (
    id INTEGER PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset,
    kind TEXT NOT NULL,           -- scan, image, sbom
    digest BLOB NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    roots TEXT NOT NULL,          -- JSON array
    exclusions TEXT NOT NULL,     -- JSON array
    processes INTEGER NOT NULL,   -- running programs: 0 not looked at, 1 those of its own user, 2 all
    families TEXT NOT NULL,       -- containers that were opened: all, zip
    reporter TEXT NOT NULL,       -- host name, addresses and system as reported: JSON
    UNIQUE (asset, digest)
);
CREATE INDEX look_asset ON look (asset, ended);

CREATE TABLE component (
    id INTEGER PRIMARY KEY,
    purl TEXT NOT NULL,
    version TEXT NOT NULL,        -- one, or the range that class evidence leaves: then the purl has none
    ecosystem TEXT NOT NULL,      -- empty: nobody's records can be about it
    name TEXT NOT NULL,           -- as advisories name it, in the ecosystem's spelling: group:artifact, @scope/name
    UNIQUE (purl, version)
);
CREATE INDEX component_name ON component (ecosystem, name);

CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset,
    component INTEGER NOT NULL REFERENCES component,
    path TEXT NOT NULL,
    source TEXT NOT NULL,         -- package database, class evidence, ...
    first_seen INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    look INTEGER NOT NULL REFERENCES look, -- the last one that saw it
    gone INTEGER,                 -- a complete look of at least the same scope no longer saw it
    UNIQUE (asset, component, path)
);
CREATE INDEX instance_component ON instance (component, asset);
CREATE INDEX instance_look ON instance (look) WHERE gone IS NULL;

-- What a look itself said of an instance and a vulnerability: class evidence, running processes.
CREATE TABLE observation (
    instance INTEGER NOT NULL REFERENCES instance,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    look INTEGER NOT NULL REFERENCES look,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    fix TEXT NOT NULL,
    evidence TEXT NOT NULL,       -- JSON array of texts
    processes TEXT NOT NULL,      -- JSON array of objects
    PRIMARY KEY (instance, vulnerability, source)
) WITHOUT ROWID;
CREATE INDEX observation_vulnerability ON observation (vulnerability);
CREATE INDEX observation_look ON observation (look);

-- One flaw, whatever sources call it; name is the CVE where there is one.
CREATE TABLE vulnerability (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    severity TEXT NOT NULL,
    published INTEGER,
    notified INTEGER,             -- when we were told
    kev_added INTEGER,            -- in the catalogue of known exploited ones
    kev_due INTEGER
);
CREATE TABLE alias (
    alias TEXT PRIMARY KEY,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability
) WITHOUT ROWID;

-- One record of one source; several may speak of one vulnerability, and each keeps its word.
CREATE TABLE advisory (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,         -- osv, ghsa, vdr, local
    name TEXT NOT NULL,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    severity TEXT NOT NULL,
    published INTEGER,
    modified INTEGER,
    withdrawn INTEGER,
    taken INTEGER NOT NULL,
    digest BLOB NOT NULL,
    record BLOB NOT NULL,         -- as it came: what is matched
    UNIQUE (source, name)
);
CREATE INDEX advisory_vulnerability ON advisory (vulnerability);
CREATE TABLE advisory_package (
    id INTEGER PRIMARY KEY,
    advisory INTEGER NOT NULL REFERENCES advisory ON DELETE CASCADE,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,           -- in the ecosystem's spelling
    UNIQUE (advisory, ecosystem, name)
);
CREATE INDEX advisory_package_name ON advisory_package (ecosystem, name);

-- What advisories say of components: derived, once per distinct component.
CREATE TABLE match (
    component INTEGER NOT NULL REFERENCES component,
    advisory INTEGER NOT NULL REFERENCES advisory ON DELETE CASCADE,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    state TEXT NOT NULL,          -- affected, under_investigation
    reason TEXT NOT NULL,
    fixed TEXT NOT NULL,          -- the version that ends the range; empty: not known
    PRIMARY KEY (component, advisory)
) WITHOUT ROWID;
CREATE INDEX match_vulnerability ON match (vulnerability, component);
CREATE INDEX match_advisory ON match (advisory);

CREATE TABLE finding (
    id INTEGER PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset,
    component INTEGER NOT NULL REFERENCES component,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    conflict INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER,
    anchor INTEGER,               -- where its clock starts
    due INTEGER,
    rule TEXT NOT NULL,           -- the policy's rule that set it
    breached INTEGER,             -- never unset
    UNIQUE (asset, component, vulnerability)
);
CREATE INDEX finding_vulnerability ON finding (vulnerability, state);
CREATE INDEX finding_due ON finding (due) WHERE closed IS NULL AND due IS NOT NULL;
CREATE TABLE verdict (
    finding INTEGER NOT NULL REFERENCES finding ON DELETE CASCADE,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (finding, source)
) WITHOUT ROWID;

CREATE TABLE control (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    asset INTEGER NOT NULL REFERENCES asset,
    component INTEGER REFERENCES component, -- null: all of the asset's
    evidence TEXT NOT NULL,
    who TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    ended INTEGER
);
CREATE INDEX control_asset ON control (asset);
CREATE TABLE control_covers (
    control INTEGER NOT NULL REFERENCES control,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    claimed INTEGER NOT NULL,     -- by a person, against or beyond what is known of this kind
    PRIMARY KEY (control, vulnerability)
) WITHOUT ROWID;

CREATE TABLE acceptance (
    id INTEGER PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    approver TEXT NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    ended INTEGER
);
CREATE INDEX acceptance_asset ON acceptance (asset, vulnerability);
