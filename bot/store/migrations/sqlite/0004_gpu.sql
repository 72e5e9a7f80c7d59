-- The card that configs in the server are for unless the member names one, as it is best written.
ALTER TABLE guilds ADD COLUMN gpu TEXT;
