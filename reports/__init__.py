"""Partner institutions report, officers decide: obligations, updates, decisions."""
