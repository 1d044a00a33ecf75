-- Accounts of the database. Run by the administrator, once, after
-- `portal migrate` has made the tables; {database} stands for its name.
--
-- sealdesk_portal   the portal. On the log's tables INSERT and SELECT and
--                   nothing else: triggers would not stop TRUNCATE, DROP
--                   PARTITION or the cascade of a foreign key, missing rights
--                   do. No right is given on the database as a whole, or a new
--                   log table would be writable the day it is made.
-- sealdesk_migrate  numbered SQL, and nothing while the portal runs.
--                   With binary logging on, the server wants
--                   log_bin_trust_function_creators=1 while triggers are made.
-- sealdesk_public   the public listener: the signed heads.
CREATE USER IF NOT EXISTS 'sealdesk_portal'@'localhost';
CREATE USER IF NOT EXISTS 'sealdesk_migrate'@'localhost';
CREATE USER IF NOT EXISTS 'sealdesk_public'@'localhost';

GRANT SELECT, INSERT ON {database}.log_entries TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT ON {database}.log_bodies TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT ON {database}.log_tiles TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT ON {database}.log_checkpoints TO 'sealdesk_portal'@'localhost';
GRANT SELECT, UPDATE ON {database}.log_head TO 'sealdesk_portal'@'localhost';

-- Records are never deleted.
GRANT SELECT, INSERT, UPDATE ON {database}.organisations TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.staff TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.filings TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.appointments TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.role_changes TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.responsibility_sheets TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.duty_rules TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.exercises TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.incidents TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.incident_notes TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.custody_keys TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.custody_tokens TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.custody_requests TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.policies TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.custodians TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.emergencies TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.media TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.stocktakes TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.sightings TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.windows TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.applications TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.reviews TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.corrections TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.imports TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT ON {database}.sheet_changes TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT ON {database}.early_renewals TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.delegations TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.relatives TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.working_days TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.looks TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE ON {database}.proposals TO 'sealdesk_portal'@'localhost';

GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.sessions TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.pendings TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.drafts TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.import_jobs TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.import_rows TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.throttles TO 'sealdesk_portal'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.revocation_answers TO 'sealdesk_portal'@'localhost';
GRANT SELECT ON {database}.goose_db_version TO 'sealdesk_portal'@'localhost';

GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER ON {database}.* TO 'sealdesk_migrate'@'localhost';

GRANT SELECT ON {database}.log_checkpoints TO 'sealdesk_public'@'localhost';
