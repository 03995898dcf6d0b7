"""The pages of updates: the partner's, the officer's, and the one that both look at."""
