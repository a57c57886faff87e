-- Incidents: what is answered to together. policy overrides the one in use for its vulnerabilities while it is open; empty: none does.
CREATE TABLE incident (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,    -- INC-1
    title TEXT NOT NULL,
    mode TEXT NOT NULL,           -- normal, incident
    policy TEXT NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER
);
CREATE TABLE incident_vulnerability (
    incident INTEGER NOT NULL REFERENCES incident,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    PRIMARY KEY (incident, vulnerability)
) WITHOUT ROWID;
CREATE INDEX incident_of_vulnerability ON incident_vulnerability (vulnerability);

-- Clocks of a whole incident: how it was met, by whom or by what. breached is never unset.
CREATE TABLE incident_clock (
    incident INTEGER NOT NULL REFERENCES incident,
    name TEXT NOT NULL,
    due INTEGER NOT NULL,
    met INTEGER,
    how TEXT NOT NULL,
    breached INTEGER,
    PRIMARY KEY (incident, name)
) WITHOUT ROWID;

-- Roles, notes and tasks of an incident, in the order in which they came. A role ends when somebody else takes it.
CREATE TABLE incident_item (
    id INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL REFERENCES incident,
    kind TEXT NOT NULL,           -- role, note, task
    number INTEGER NOT NULL,      -- from 1, of its kind
    text TEXT NOT NULL,           -- role: its name
    who TEXT NOT NULL,            -- role: who has it; note: its author; task: its owner
    at INTEGER NOT NULL,
    due INTEGER,
    ended INTEGER,
    UNIQUE (incident, kind, number)
);

-- A fix on its way: development, then staging, then production.
CREATE TABLE rollout (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    summary TEXT NOT NULL,
    started INTEGER NOT NULL
);
CREATE TABLE rollout_vulnerability (
    rollout INTEGER NOT NULL REFERENCES rollout,
    vulnerability INTEGER NOT NULL REFERENCES vulnerability,
    PRIMARY KEY (rollout, vulnerability)
) WITHOUT ROWID;
CREATE TABLE rollout_stage (
    rollout INTEGER NOT NULL REFERENCES rollout,
    stage TEXT NOT NULL,          -- development, staging, production
    opened INTEGER,               -- its gate
    settled INTEGER,              -- verified, or skipped
    how TEXT NOT NULL,            -- scan, person, skipped; empty: not settled
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (rollout, stage)
) WITHOUT ROWID;
