"""Money: funding lines, their amounts, and the totals that workers keep."""
