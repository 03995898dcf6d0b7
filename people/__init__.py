"""People: accounts and researchers. A researcher need not have an account."""
