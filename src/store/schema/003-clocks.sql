-- What policies ask of a vulnerability, beside its severity; empty: not known.
ALTER TABLE vulnerability ADD COLUMN automatable TEXT NOT NULL DEFAULT '';  -- yes, no
ALTER TABLE vulnerability ADD COLUMN impact TEXT NOT NULL DEFAULT '';       -- partial, total

-- finding.due is what counts; due_policy the earliest that policies ever said, which acceptances and people may have moved it away from.
ALTER TABLE finding ADD COLUMN due_policy INTEGER;
ALTER TABLE finding ADD COLUMN due_set INTEGER;      -- since when due stands: nobody is late before they could know
ALTER TABLE finding ADD COLUMN reopened INTEGER;     -- last time
ALTER TABLE finding ADD COLUMN forensics INTEGER NOT NULL DEFAULT 0; -- patching alone does not close it
ALTER TABLE finding ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;   -- mitigated, under a policy by which that stops the clock
CREATE INDEX finding_asset ON finding (asset, vulnerability);

-- Policies of the house, as they were written. Shipped ones are in the program. setting 'policy' names the one in use.
CREATE TABLE policy (name TEXT PRIMARY KEY, yaml TEXT NOT NULL, taken INTEGER NOT NULL) WITHOUT ROWID;
