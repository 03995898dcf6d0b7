"""Reporting and deciding by machine."""
