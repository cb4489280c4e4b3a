-- By what a message was held back, as a short name, so that those alike can be counted; the reason beside it
-- says it in words. Empty in earlier rows.
ALTER TABLE held_back ADD COLUMN interlock TEXT NOT NULL DEFAULT '';
