"""Other servers' own words for models, as thin layers over the engine."""
