"""Timelines: one entry per dated fact, with its owners indexed, worked out by workers from what each kind declares.

entries    what is kept, worked out anew     asking     what is asked of it           on_record  the small drawing of a record
sources    where entries come from, as SQL   questions  what an address asks of it    plainly    all of it slowly, for the tests
source, stored, then   pieces of these       saying     how exact it is, how sure
"""
