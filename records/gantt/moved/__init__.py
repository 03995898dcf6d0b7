"""What moved: dates that slipped as a list, and as a part of the timeline of a record.

asked.py  an address with its form → Question → slips.asking.Asked      words.py  by how much, in words
rows.py   slips → rows with their moves                                  pages.py  the page, and the part
"""
