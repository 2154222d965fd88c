-- What an approved call came to, for those who approved it, as in the audit trail, and why it failed.
ALTER TABLE approvals ADD COLUMN outcome TEXT;
ALTER TABLE approvals ADD COLUMN failure TEXT;
