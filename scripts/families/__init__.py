"""How knowledge/facts/families.json is made: models without weights, built from varied configs, and what they share."""
