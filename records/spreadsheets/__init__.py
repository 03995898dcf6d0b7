"""Spreadsheets in: a file becomes rows, rows become values of one kind, and what they would change is looked at and taken over.

file → rows        child.py, in a process of its own with limits; reading.py starts it; told.py has its sentences
headers → columns  mapping.py, remembered per person and set of headers
rows → values      values.py, naming.py (what records are called)
values → outcome   planning.py: added, changed, the same, refused, in conflict; laid beside the table and checked there
outcome → change   imports.py, the commands; work.py, the jobs; pages.py and api.py, the two doors
"""
