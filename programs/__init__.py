"""Programs and the projects inside them, who takes part, in which role, and how many."""
