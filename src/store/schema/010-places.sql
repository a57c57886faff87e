-- A place was in three indexes, two of which said nearly the same. It is found by its component and asset; all of an asset by the looks that saw them last.
-- (foreign keys are off while steps are taken: what refers to a table that is made anew refers to it by its name.)
CREATE TABLE instance_made_anew (
    id INTEGER PRIMARY KEY,
    asset INTEGER NOT NULL REFERENCES asset,
    component INTEGER NOT NULL REFERENCES component,
    path TEXT NOT NULL,
    source TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    look INTEGER NOT NULL REFERENCES look,
    gone INTEGER
);
INSERT INTO instance_made_anew (id, asset, component, path, source, first_seen, seen, look, gone)
    SELECT id, asset, component, path, source, first_seen, seen, look, gone FROM instance;
DROP TABLE instance;
ALTER TABLE instance_made_anew RENAME TO instance;
CREATE UNIQUE INDEX instance_place ON instance (component, asset, path);
CREATE INDEX instance_look ON instance (look) WHERE gone IS NULL;
