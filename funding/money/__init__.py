"""Money on pages: the section of a record, the page of all money, and what stands behind a figure.

Every amount shown is a sum that `rollups.totals` gave, and leads to exactly the lines behind it (`Question.lines_url`).
"""
