-- A scan without root knows a host by its network cards alone.
ALTER TABLE asset ADD COLUMN network_id TEXT NOT NULL DEFAULT '';
