"""Late, ending soon, between two days: dated facts as lists that say how certain they are and who is to act.

asked.py    what is asked: an address with its form → Question → timelines.asking.Asked
counted.py  how many of each kind there are; ways.py: where each list is
rows.py     entries → rows: what, where, when, how surely, who acts, which source
pages.py    the three pages; files.py: the same as CSV
"""
