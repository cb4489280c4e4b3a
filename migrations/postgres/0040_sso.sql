-- The login of a member of staff at the single sign-on, linked by hand; empty where there is none.
ALTER TABLE staff ADD COLUMN sso TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX staff_by_sso ON staff (sso) WHERE sso <> '';
