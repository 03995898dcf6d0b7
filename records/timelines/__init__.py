"""Timelines: one entry per dated fact, with its owners indexed, worked out by workers from what each kind declares.

entries  what is kept, as SQL and recomputed      asking     what is asked of it       on_record  the small drawing of a record
sources  where entries come from, as SQL          questions  what an address of the API asks
saying   what an entry says of itself             plainly    all of it once more, slowly, for the tests
"""
