-- +goose Up
-- record: stages of the plan year, half-open
CREATE TABLE windows (
	id TEXT NOT NULL PRIMARY KEY,
	year INTEGER NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	stage TEXT NOT NULL,
	opens INTEGER NOT NULL,
	closes INTEGER NOT NULL,
	paper TEXT NOT NULL,
	reason TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX windows_org ON windows (year, org);

-- record: one teacher in one plan year
CREATE TABLE applications (
	id TEXT NOT NULL PRIMARY KEY,
	year INTEGER NOT NULL,
	unit TEXT NOT NULL,
	school TEXT NOT NULL,
	path TEXT NOT NULL,
	state TEXT NOT NULL,
	outcome TEXT NOT NULL,
	reg_kind TEXT NOT NULL,
	class TEXT NOT NULL,
	name TEXT NOT NULL,
	stage TEXT NOT NULL,
	subject TEXT NOT NULL,
	apply_no TEXT NOT NULL,
	applied_at INTEGER NOT NULL,
	form BLOB NOT NULL,
	id_number BLOB NOT NULL,
	cert_number BLOB NOT NULL,
	gender BLOB NOT NULL,
	appraisals BLOB NOT NULL,
	ethics BLOB NOT NULL,
	health BLOB NOT NULL,
	id_number_blind BLOB NOT NULL,
	cert_number_blind BLOB NOT NULL,
	live_year INTEGER NULL,
	findings BLOB NOT NULL,
	pack TEXT NOT NULL,
	import_id TEXT NOT NULL,
	deeds TEXT NOT NULL,
	reviewer TEXT NOT NULL,
	sender TEXT NOT NULL,
	auditor TEXT NOT NULL,
	confirmer TEXT NOT NULL,
	round INTEGER NOT NULL,
	school_conclusion TEXT NOT NULL,
	school_reason TEXT NOT NULL,
	conclusion TEXT NOT NULL,
	conclusion_rules TEXT NOT NULL,
	reason TEXT NOT NULL,
	return_reason TEXT NOT NULL,
	imported_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX applications_person ON applications (live_year, id_number_blind);
CREATE INDEX applications_cert ON applications (cert_number_blind);
CREATE INDEX applications_path ON applications (path, id);
CREATE INDEX applications_state ON applications (state, path, id);
CREATE INDEX applications_school ON applications (school, id);
CREATE INDEX applications_import ON applications (import_id);

-- record: the school's three checks
CREATE TABLE reviews (
	id TEXT NOT NULL PRIMARY KEY,
	application TEXT NOT NULL,
	path TEXT NOT NULL,
	round INTEGER NOT NULL,
	reviewer TEXT NOT NULL,
	compared BLOB NOT NULL,
	explained BLOB NOT NULL,
	answers BLOB NOT NULL,
	conclusion TEXT NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX reviews_application ON reviews (application);

-- record: old value beside the new one, for ever; both encrypted
CREATE TABLE corrections (
	id TEXT NOT NULL PRIMARY KEY,
	application TEXT NOT NULL,
	path TEXT NOT NULL,
	field TEXT NOT NULL,
	old_value BLOB NOT NULL,
	new_value BLOB NOT NULL,
	reason TEXT NOT NULL,
	evidence TEXT NOT NULL,
	mended_at_source INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX corrections_application ON corrections (application);

-- record: sheets taken in
CREATE TABLE imports (
	id TEXT NOT NULL PRIMARY KEY,
	organ TEXT NOT NULL,
	path TEXT NOT NULL,
	year INTEGER NOT NULL,
	file_digest TEXT NOT NULL,
	choice TEXT NOT NULL,
	accepted INTEGER NOT NULL,
	refused INTEGER NOT NULL,
	overdue INTEGER NOT NULL,
	waiting INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX imports_path ON imports (path, id);

-- record: acts of several people that are not complete
CREATE TABLE proposals (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	unit TEXT NOT NULL,
	path TEXT NOT NULL,
	subject TEXT NOT NULL,
	body BLOB NOT NULL,
	signers TEXT NOT NULL,
	signed TEXT NOT NULL,
	state TEXT NOT NULL,
	note TEXT NOT NULL,
	expires INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX proposals_unit ON proposals (unit, state);
CREATE INDEX proposals_subject ON proposals (subject);

-- +goose Down
DROP TABLE proposals;
DROP TABLE imports;
DROP TABLE corrections;
DROP TABLE reviews;
DROP TABLE applications;
DROP TABLE windows;
