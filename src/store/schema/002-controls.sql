-- Controls end by the clock; what a finding was at a time is asked of its history.
CREATE INDEX control_until ON control (until) WHERE ended IS NULL AND until IS NOT NULL;

CREATE TABLE finding_state (
    finding INTEGER NOT NULL REFERENCES finding ON DELETE CASCADE,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (finding, at)
) WITHOUT ROWID;
INSERT INTO finding_state (finding, at, state) SELECT id, CASE WHEN closed IS NULL THEN opened ELSE closed END, state FROM finding;
