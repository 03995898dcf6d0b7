"""The large drawing of timelines: lanes of dated facts in a window of time, folded and unfolded by links.

lanes.py    what is drawn: a lane with its label, its marks and what folds it     filled by pages, knows no database
window.py   which days are drawn, and the ways to earlier, later and other zooms
geometry.py lanes and window as lines and places in pixels                        markup.py writes them as SVG
question.py what a page asks, and what a provider of lanes answers     pages.py    the view of all of them
"""
