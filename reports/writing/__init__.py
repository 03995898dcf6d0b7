"""What a partner types: which sections and rows there are, what is wrong with them, what they propose."""
