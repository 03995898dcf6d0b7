"""Slips: by how much dates moved since their first plan, or since what the registry said at an instant; when, by whom and why.

shifts  two dates, no database      asking  which dates slipped, as SQL over the history      moves  each step of a date
api, pages  how it is asked
"""
