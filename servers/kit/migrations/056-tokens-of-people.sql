-- Each attempt and pod has a token, so those of people and scripts are a few among very many.
CREATE INDEX tokens_of_people ON tokens (attempt) WHERE attempt IS NULL AND pod IS NULL;
