"""The pages of reports: the partner's, the officers', and the one that both look at."""
