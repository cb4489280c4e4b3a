-- Why a file on a server is not fetched, so that the administrator hears of it and hears when it is over;
-- empty where it is one to be fetched.
ALTER TABLE remote_file ADD COLUMN left_because TEXT NOT NULL DEFAULT '';
