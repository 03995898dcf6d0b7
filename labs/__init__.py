"""Institutions, their labs, who is affiliated where, and which accounts belong to which institution."""
